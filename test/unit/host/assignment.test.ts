import { expect } from 'chai';
import fc from 'fast-check';
import { RangeExhausted, freeAddress } from '../../../src/host/address-assignment.js';
import { profileForNewHost, type ProfileQuota } from '../../../src/host/profile.js';
import { parseIpv4, toIpv4, type Ipv4 } from '../../../src/net/ipv4.js';

describe('the profile of a new host', () => {
  const core: ProfileQuota = { name: 'core', quantity: 3 };
  const worker: ProfileQuota = { name: 'worker', quantity: 1 };
  const endless: ProfileQuota = { name: 'endless' };
  const fallback: ProfileQuota = { name: 'default', quantity: 0 };
  const cases: {
    name: string;
    profiles: ProfileQuota[];
    counts: Record<string, number>;
    want: string | undefined;
  }[] = [
    { name: 'is the first', profiles: [core, worker, fallback], counts: {}, want: 'core' },
    {
      name: 'is the first one that is not full',
      profiles: [core, worker, fallback],
      counts: { core: 3 },
      want: 'worker',
    },
    {
      name: 'is the first again when it lost a host',
      profiles: [core, worker],
      counts: { core: 2, worker: 1 },
      want: 'core',
    },
    {
      name: 'is default when all are full',
      profiles: [core, worker, fallback],
      counts: { core: 3, worker: 1 },
      want: 'default',
    },
    { name: 'is default at last, wherever it stands', profiles: [fallback, core], counts: {}, want: 'core' },
    {
      name: 'is default however many have it',
      profiles: [fallback],
      counts: { default: 99 },
      want: 'default',
    },
    {
      name: 'is one without a quantity however many have it',
      profiles: [endless, fallback],
      counts: { endless: 999 },
      want: 'endless',
    },
    {
      name: 'is none when all are full and there is no default',
      profiles: [worker],
      counts: { worker: 5 },
      want: undefined,
    },
  ];
  for (const { name, profiles, counts, want } of cases) {
    it(name, () => {
      const fleet = { profileCount: (profile: string) => counts[profile] ?? 0 };
      expect(profileForNewHost(profiles, fleet, {}).profile?.name).to.equal(want);
    });
  }
});

describe('the address of a new host', () => {
  const range = { first: parseIpv4('10.75.0.10'), last: parseIpv4('10.75.0.12') };
  const taken = (...texts: string[]) => {
    const addresses = new Set<Ipv4>(texts.map(parseIpv4));
    return (address: Ipv4) => addresses.has(address);
  };
  const cases = [
    { name: 'is the lowest', isTaken: taken(), from: undefined, want: '10.75.0.10' },
    {
      name: 'is the lowest that nobody has',
      isTaken: taken('10.75.0.10', '10.75.0.12'),
      from: undefined,
      want: '10.75.0.11',
    },
    { name: 'is looked for from the hint on', isTaken: taken(), from: '10.75.0.11', want: '10.75.0.11' },
    {
      name: 'is looked for before the hint when all after it are taken',
      isTaken: taken('10.75.0.12'),
      from: '10.75.0.12',
      want: '10.75.0.10',
    },
    {
      name: 'does not mind a hint outside the range',
      isTaken: taken(),
      from: '10.0.0.1',
      want: '10.75.0.10',
    },
  ];
  for (const { name, isTaken, from, want } of cases) {
    it(name, () => {
      expect(freeAddress(range, isTaken, from === undefined ? undefined : parseIpv4(from))).to.equal(
        parseIpv4(want),
      );
    });
  }

  it('cannot be had from an exhausted range, and the alarm names the setting', () => {
    expect(() => freeAddress(range, () => true)).to.throw(
      RangeExhausted,
      'network.hostRange 10.75.0.10-10.75.0.12 (3 addresses)',
    );
  });

  it('is free, inside the range, and found whenever there is one', () => {
    const size = 20;
    const wide = { first: toIpv4(100), last: toIpv4(100 + size - 1) };
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 100, max: 119 })),
        fc.integer({ min: 90, max: 130 }),
        (used, from) => {
          const isTaken = (address: Ipv4) => used.includes(address);
          if (used.length === size) {
            expect(() => freeAddress(wide, isTaken, toIpv4(from))).to.throw(RangeExhausted);
            return;
          }
          const address = freeAddress(wide, isTaken, toIpv4(from));
          expect(address >= 100 && address <= 119 && !isTaken(address)).to.equal(true);
        },
      ),
    );
  });
});
