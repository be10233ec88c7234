import { expect } from 'chai';
import type { Host } from '../../../src/host/host.js';
import { defaultOsVersion, osVersionOf } from '../../../src/host/os-version.js';

type Facts = Pick<Host, 'overrides' | 'osVersion' | 'profile' | 'state'>;

const versions = {
  profiles: [
    { name: 'core', osVersion: 'of-core' },
    { name: 'default', osVersion: 'of-default' },
  ],
};
const host = (facts: Partial<Facts>): Facts => ({ overrides: {}, state: 'installing', ...facts });

describe('the version of the image that a host gets', () => {
  for (const { name, facts, want } of [
    {
      name: 'its override comes first',
      facts: { overrides: { CoreOSVersion: 'pinned' }, osVersion: 'own', profile: 'core' },
      want: 'pinned',
    },
    {
      name: 'an override that is no text is none',
      facts: { overrides: { CoreOSVersion: ['pinned'] }, profile: 'core' },
      want: 'of-core',
    },
    {
      name: 'then what it is being installed with',
      facts: { osVersion: 'own', profile: 'core' },
      want: 'own',
    },
    {
      name: 'but not what it reported while it runs',
      facts: { osVersion: 'reported', profile: 'core', state: 'running' },
      want: 'of-core',
    },
    { name: 'then that of its profile', facts: { profile: 'core' }, want: 'of-core' },
    { name: 'of a profile that is gone, the default', facts: { profile: 'gone' }, want: 'of-default' },
    { name: 'without a profile, the default', facts: {}, want: 'of-default' },
  ] satisfies { name: string; facts: Partial<Facts>; want: string }[]) {
    it(name, () => expect(osVersionOf(host(facts), versions)).to.equal(want));
  }

  it('is the one that is set for machines nobody knows, before that of the profile default', () => {
    expect(defaultOsVersion({ ...versions, defaultOsVersion: 'set' })).to.equal('set');
    expect(defaultOsVersion(versions)).to.equal('of-default');
    expect(defaultOsVersion({ profiles: [] })).to.equal(undefined);
  });
});
