import { expect } from 'chai';
import type { NewHostLimits } from '../../../src/config/new-hosts-section.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { NewHostGate, type Asker } from '../../../src/provision/new-host-gate.js';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const limits: NewHostLimits = {
  perAddressPerHour: 2,
  perMinute: 5,
  requireLease: false,
  forgetAfterHours: 72,
};

const at = (address: string): Asker => ({ address: parseIpv4(address), isServer: false });
const leased = (address: string, mac: string): Asker => ({ ...at(address), leasedTo: parseMac(mac) });

interface Request {
  readonly serial: string;
  readonly from: Asker;
  /** Seconds after the first. */
  readonly after?: number;
  readonly isHostAddress?: boolean;
}

/** What each is answered: let `in`, or why not. */
function answers(requests: readonly Request[], more: Partial<NewHostLimits> = {}): string[] {
  const gate = new NewHostGate();
  return requests.map(({ serial, from, after = 0, isHostAddress = false }) => {
    const now = Date.UTC(2026, 10, 21) + after * SECOND;
    return gate.enter(parseSerial(serial), from, isHostAddress, { ...limits, ...more }, now)?.reason ?? 'in';
  });
}

const one = at('10.75.0.250');
const [a, b, c] = ['aa', 'bb', 'cc'].map((serial) => ({ serial, from: one }));
const crowd = (length: number, from: (index: number) => Asker, more: Partial<Request> = {}): Request[] =>
  Array.from({ length }, (_, index) => ({ serial: `crowd-${index}`, from: from(index), ...more }));
const spread = (index: number) => at(`10.75.${Math.floor(index / 200)}.${index % 200}`);
const MAC = '52:54:00:00:00:01';

const cases: {
  name: string;
  requests: readonly (Request | undefined)[];
  limits?: Partial<NewHostLimits>;
  want: string;
}[] = [
  { name: 'one client brings so many serials and no more', requests: [a, b, c], want: 'in in address' },
  {
    name: 'a serial may ask as often as it likes',
    requests: [a, b, a, b, c, a],
    want: 'in in in in address in',
  },
  {
    name: 'a refused serial does not count: another hour, another two',
    requests: [a, b, c, { ...c!, after: 3599 }, { ...c!, after: 3600 }],
    want: 'in in address address in',
  },
  {
    name: 'each client has its own',
    requests: [a, b, { ...c!, from: at('10.75.0.251') }, { ...c!, from: one }],
    want: 'in in in address',
  },
  {
    name: 'a client with a lease is its network card, whatever address it has',
    requests: ['aa', 'bb', 'cc'].map((serial, index) => ({
      serial,
      from: leased(`10.75.0.10${index}`, MAC),
    })),
    want: 'in in address',
  },
  {
    name: 'an address that is leased to another is another client',
    requests: ['01', '02', '03'].map((end) => ({
      serial: end,
      from: leased('10.75.0.100', `52:54:00:00:00:${end}`),
    })),
    want: 'in in in',
  },
  {
    name: 'a limit of 0 is none',
    requests: crowd(8, () => one),
    limits: { perAddressPerHour: 0, perMinute: 0 },
    want: 'in in in in in in in in',
  },
  {
    name: 'without leases, all together bring so many in a minute',
    requests: [...crowd(7, spread), { serial: 'late', from: spread(99), after: 60 }],
    want: 'in in in in in minute minute in',
  },
  {
    name: 'a clock that is put back by a year holds nobody up',
    requests: [
      ...crowd(5, spread),
      { serial: 'full', from: spread(98) },
      { serial: 'back', from: spread(99), after: -365 * 86_400 },
    ],
    want: 'in in in in in minute in',
  },
  {
    name: 'nor one client that had brought its share',
    requests: [a, b, c, { ...c!, after: -365 * 86_400 }],
    want: 'in in address in',
  },
  {
    name: 'who has a lease is not counted among all, and not refused for them',
    requests: [
      ...crowd(5, spread),
      ...crowd(3, (index) => leased(`10.75.0.10${index}`, `52:54:00:00:00:0${index}`)),
      { serial: 'more', from: spread(99) },
    ],
    want: 'in in in in in in in in minute',
  },
  {
    name: 'nor is who asks from the address of a host',
    requests: [...crowd(5, spread), { serial: 'more', from: spread(99), isHostAddress: true }],
    want: 'in in in in in in',
  },
  {
    name: 'A6: without a lease none comes in where one is required, nor from the address of a host',
    requests: [
      { serial: 'none', from: one },
      { serial: 'leased', from: leased('10.75.0.100', MAC) },
      { serial: 'host', from: one, isHostAddress: true },
    ],
    limits: { requireLease: true },
    want: 'lease in lease',
  },
  {
    name: 'A6: one card with eight leases is one client',
    requests: crowd(8, (index) => leased(`10.75.0.10${index}`, MAC)),
    limits: { requireLease: true },
    want: 'in in address address address address address address',
  },
  {
    name: 'a lease of a client without a MAC address is one',
    requests: [{ serial: 'infiniband', from: { ...one, hasLease: true } }],
    limits: { requireLease: true },
    want: 'in',
  },
  {
    name: 'the server itself may ask for any number',
    requests: crowd(9, () => ({ address: parseIpv4('10.75.0.1'), isServer: true })),
    limits: { requireLease: true },
    want: 'in in in in in in in in in',
  },
  {
    name: 'clients without an IPv4 address are one',
    requests: ['aa', 'bb', 'cc'].map((serial) => ({ serial, from: { address: undefined, isServer: false } })),
    want: 'in in address',
  },
];

describe('the gate for new hosts', () => {
  for (const { name, requests, limits: more, want } of cases) {
    it(name, () => {
      const asked = requests.flatMap((request) => request ?? []);
      expect(answers(asked, more).join(' ')).to.equal(want);
    });
  }

  it('lets a thousand machines in within a minute, leased or not, by default', () => {
    const defaults = { perAddressPerHour: 10, perMinute: 1000 };
    const foreign = answers(crowd(1000, spread), defaults);
    expect(new Set(foreign)).to.deep.equal(new Set(['in']));
    const macOf = (index: number) =>
      `52:54:00:00:${(index >> 8).toString(16)}0:${(index & 255).toString(16)}`;
    const ours = crowd(3000, (index) => leased('10.75.0.100', macOf(index).replace(/:(.)$/, ':0$1')));
    expect(new Set(answers(ours, defaults))).to.deep.equal(new Set(['in']));
  });

  it('forgets who has been quiet for an hour', () => {
    const requests = [
      a!,
      b!,
      { ...c!, from: at('10.75.0.251'), after: 1800 },
      { ...a!, serial: 'dd', after: 3700 },
    ];
    expect(
      answers([...requests, { ...a!, serial: 'ee', after: 3700 }, { ...c!, after: HOUR }]),
    ).to.deep.equal(['in', 'in', 'in', 'in', 'in', 'in']);
  });
});
