import { expect } from 'chai';
import { unreachedProfiles } from '../../../src/config/unreached-profiles.js';

type Profile = Parameters<typeof unreachedProfiles>[0][number];
const profile = (name: string, more: Partial<Profile> = {}): Profile => ({
  name,
  mode: 'two-stage',
  ...more,
});
const fallback = profile('default');
const disks = { disks: { minCount: 2 } };

describe('a profile that no new machine is ever given', () => {
  const table: { name: string; profiles: Profile[]; want: string[] }[] = [
    { name: 'none', profiles: [profile('a', { quantity: 1 }), profile('b'), fallback], want: [] },
    {
      name: 'one of quantity 0',
      profiles: [profile('a', { quantity: 0 }), fallback],
      want: ['a: its quantity is 0'],
    },
    {
      name: 'one behind another that takes any number of any machines',
      profiles: [profile('a'), profile('b', { match: { product: 'x' } }), fallback],
      want: ['b: a stands before it and takes any number of such machines; put it behind'],
    },
    { name: 'not one behind default, which is asked last', profiles: [fallback, profile('a')], want: [] },
    {
      name: 'one behind another with wider conditions',
      profiles: [
        profile('a', { match: { product: 'x*' } }),
        profile('b', { match: { product: 'xy' } }),
        fallback,
      ],
      want: ['b: a stands before it and takes any number of such machines; put it behind'],
    },
    {
      name: 'not one with other conditions',
      profiles: [
        profile('a', { match: { product: 'xy' } }),
        profile('b', { match: { product: 'x*' } }),
        fallback,
      ],
      want: [],
    },
    {
      name: 'not one whose disks an installer tells',
      profiles: [profile('a', { match: disks }), fallback],
      want: [],
    },
    {
      name: 'one whose disks no installer tells',
      profiles: [profile('a', { match: disks }), profile('default', { mode: 'diskless' })],
      want: [
        'a: it hangs on disks, which the installer of a two-stage profile without such a condition tells, and there is none',
      ],
    },
  ];
  for (const { name, profiles, want } of table) {
    it(name, () =>
      expect(unreachedProfiles(profiles)).to.deep.equal(
        want.map((text) => `profile ${text.replace(':', ' is never given to a new machine:')}`),
      ),
    );
  }
});
