import { expect } from 'chai';
import { newHost, type Host } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { admitAsker } from '../../../src/provision/admit-asker.js';
import type { Errand } from '../../../src/provision/errand.js';
import { CardRefused } from '../../../src/provision/card-refused.js';
import type { Asker } from '../../../src/provision/new-host-gate.js';
import type { LeaseRule } from '../../../src/provision/provisioning-settings.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';

const [A, A2, B, B2] = ['a1', 'a2', 'b1', 'b2'].map((end) => parseMac(`52:54:00:00:00:${end}`)) as [
  ReturnType<typeof parseMac>,
  ReturnType<typeof parseMac>,
  ReturnType<typeof parseMac>,
  ReturnType<typeof parseMac>,
];
const fixed = parseIpv4('10.75.0.10');
const elsewhere = parseIpv4('10.75.0.100');
const a = (facts: Partial<Host> = {}): Host =>
  newHost(parseSerial('a'), { state: 'configured', internalAddress: fixed, ...facts });
const b = (facts: Partial<Host> = {}): Host => newHost(parseSerial('b'), { state: 'configured', ...facts });

const leasedTo = (mac: typeof A): Asker => ({
  address: elsewhere,
  leasedTo: mac,
  hasLease: true,
  isServer: false,
});
const unleased: Asker = { address: elsewhere, isServer: false };
const atFixed: Asker = { address: fixed, isServer: false };
const server: Asker = { address: parseIpv4('10.75.0.1'), isServer: true };

interface Case {
  readonly name: string;
  readonly hosts?: readonly Host[];
  readonly asker: Asker;
  readonly kind?: Errand['kind'];
  readonly macs?: readonly (typeof A)[];
  readonly leases?: LeaseRule;
  /** The cards that `a` has then, or the words of the refusal. */
  readonly want: readonly string[] | undefined | RegExp;
}

/** Somebody asks in the name of `a`. */
const cases: readonly Case[] = [
  { name: 'a new machine: its lease gives it its first card', hosts: [], asker: leasedTo(A), want: [A] },
  { name: 'its own card', hosts: [a({ cards: [A] })], asker: leasedTo(A), want: [A] },
  {
    name: 'a lease that is over and nobody else’s yet',
    hosts: [a({ cards: [A] })],
    asker: { ...leasedTo(A), hasLease: false },
    want: [A],
  },
  {
    name: 'a host that an operator named without a card: the first that leases',
    hosts: [a()],
    asker: leasedTo(B),
    want: [B],
  },
  {
    name: 'a host whose cards an operator forgot',
    hosts: [a({ cards: [], state: 'running', macAddresses: [] })],
    asker: leasedTo(B),
    want: [B],
  },
  {
    name: 'A12: another card while it waits for its installation',
    hosts: [a({ cards: [A] })],
    asker: leasedTo(B),
    want: /^a machine at 10\.75\.0\.100 with network card 52:54:00:00:00:b1 calls itself a: refused, for its network cards are 52:54:00:00:00:a1; if a card or board was replaced: imagoctl set a cards none; if several/,
  },
  ...(['installing', 'installed', 'running'] as const).map((state) => ({
    name: `I1: another card while it is ${state}`,
    hosts: [a({ cards: [A], state })],
    asker: leasedTo(B),
    want: /refused, for its network cards are 52:54:00:00:00:a1/,
  })),
  {
    name: 'I1: a report by another card',
    hosts: [a({ cards: [A], state: 'installing' })],
    asker: leasedTo(B),
    kind: 'report',
    want: /refused/,
  },
  {
    name: 'I1: another of its own cards, which it reported',
    hosts: [a({ cards: [A], macAddresses: [A, A2] })],
    asker: leasedTo(A2),
    want: [A, A2],
  },
  {
    name: 'A5: one that it reported, and that is another host’s by lease',
    hosts: [a({ cards: [A], macAddresses: [A, B] }), b({ cards: [B] })],
    asker: leasedTo(B),
    want: /its network card belongs to b; retire b/,
  },
  {
    name: 'A5: a card that another only reported',
    hosts: [b({ cards: [B], macAddresses: [B, A] })],
    asker: leasedTo(A),
    want: [A],
  },
  {
    name: 'A5: a card that another reported before leases counted',
    hosts: [b({ macAddresses: [A] })],
    asker: leasedTo(A),
    want: [A],
  },
  {
    name: 'one that another reported then, and that runs',
    hosts: [b({ macAddresses: [A], state: 'running' })],
    asker: leasedTo(A),
    want: /belongs to b/,
  },
  {
    name: 'A12: a new name for a card that has one',
    hosts: [b({ cards: [B] })],
    asker: leasedTo(B),
    want: /belongs to b/,
  },
  {
    name: 'a host of before: what it reported are its cards',
    hosts: [a({ bootMac: A, macAddresses: [A, A2], state: 'running' })],
    asker: leasedTo(A2),
    want: [A, A2],
  },
  {
    name: 'a host of before, and a stranger',
    hosts: [a({ bootMac: A, state: 'configured' })],
    asker: leasedTo(B),
    want: /refused/,
  },
  {
    name: 'A12: no lease',
    hosts: [a({ cards: [A] })],
    asker: unleased,
    want: /^a machine at 10\.75\.0\.100 calls itself a: refused/,
  },
  {
    name: 'A12: no lease, and no card yet',
    hosts: [a()],
    asker: unleased,
    want: /imago leased it no address/,
  },
  { name: 'no lease: a new machine is left to the gate', hosts: [], asker: unleased, want: [] },
  {
    name: 'a lease of a client without a MAC address',
    hosts: [a({ cards: [] })],
    asker: { ...unleased, hasLease: true },
    want: [],
  },
  {
    name: 'its own address, that its system set',
    hosts: [a({ cards: [A], state: 'installed' })],
    asker: atFixed,
    kind: 'report',
    want: [A],
  },
  {
    name: 'its own address, of a diskless machine that boots again',
    hosts: [a({ cards: [A], state: 'running' })],
    asker: atFixed,
    want: [A],
  },
  {
    name: 'its own address on a further interface',
    hosts: [a({ cards: [A], state: 'installed', extraAddresses: { storage: elsewhere } })],
    asker: unleased,
    kind: 'report',
    want: [A],
  },
  {
    name: 'A12: its own address before it ever got its configuration',
    hosts: [a({ cards: [A] })],
    asker: atFixed,
    want: /refused/,
  },
  {
    name: 'its own address, leased to another now',
    hosts: [a({ cards: [A], state: 'installed' })],
    asker: { ...leasedTo(B), address: fixed },
    kind: 'report',
    want: /refused/,
  },
  {
    name: 'its own address, leased to another long ago',
    hosts: [a({ cards: [A], state: 'installed' })],
    asker: { ...leasedTo(B), address: fixed, hasLease: false },
    kind: 'report',
    want: [A],
  },
  { name: 'the server itself', hosts: [a({ cards: [A] })], asker: server, want: undefined },
  {
    name: 'leases are not required: a host without a card',
    hosts: [a()],
    asker: unleased,
    leases: 'given',
    want: [],
  },
  {
    name: 'leases are not required: a host with one',
    hosts: [a({ cards: [A] })],
    asker: unleased,
    leases: 'given',
    want: /refused/,
  },
  {
    name: 'imago leases nothing',
    hosts: [a({ cards: [A] })],
    asker: unleased,
    leases: 'none',
    want: undefined,
  },
  {
    name: 'I2: imago leases nothing, and a second machine comes while the first is being installed',
    hosts: [a({ bootMac: A, state: 'installing' })],
    asker: unleased,
    macs: [B, B2],
    leases: 'none',
    want: /with network card 52:54:00:00:00:b1, 52:54:00:00:00:b2 calls itself a: refused, for a machine with 52:54:00:00:00:a1 is being installed/,
  },
  {
    name: 'imago leases nothing, and the first starts its installer again by another card',
    hosts: [a({ bootMac: A, macAddresses: [A, A2], state: 'installing' })],
    asker: unleased,
    macs: [A2],
    leases: 'none',
    want: undefined,
  },
];

describe('who may ask in the name of a host', () => {
  for (const { name, hosts = [], asker, kind = 'configuration', macs, leases = 'required', want } of cases) {
    it(name, () => {
      const fleet = new InMemoryHostStore(hosts);
      const errand = { serial: parseSerial('a'), kind, ...(macs && { macs }) };
      const admit = () => admitAsker(fleet, errand, asker, { leases, predefined: new Map() });
      if (want instanceof RegExp) expect(admit).to.throw(CardRefused, want);
      else expect(admit().cards).to.deep.equal(want);
    });
  }

  it('A12: a machine of the configuration that was never seen is not given to one without a lease', () => {
    const serial = parseSerial('a');
    const predefined = new Map([[serial, { serial }]]);
    const admit = () =>
      admitAsker(new InMemoryHostStore(), { serial, kind: 'configuration' }, unleased, {
        leases: 'required',
        predefined,
      });
    expect(admit).to.throw(CardRefused, 'boot it by DHCP');
  });
});
