import { expect } from 'chai';
import { newHost, type Host } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac, type MacAddress } from '../../../src/net/mac-address.js';
import { admitAsker } from '../../../src/provision/admit-asker.js';
import type { Errand } from '../../../src/provision/errand.js';
import { ProofMissing } from '../../../src/provision/card-refused.js';
import type { Capability, MachineProof, ProofLack } from '../../../src/provision/machine-proof.js';
import type { Asker } from '../../../src/provision/new-host-gate.js';
import type { LeaseRule } from '../../../src/provision/provisioning-settings.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';

const mac = (end: string): MacAddress => parseMac(`52:54:00:00:00:${end}`);
const [A, A2, B, S, S2] = [mac('a1'), mac('a2'), mac('b1'), mac('c1'), mac('c2')];
const fixed = parseIpv4('10.75.0.10');
const leased = parseIpv4('10.75.0.50');
const other = parseIpv4('10.75.0.60');

const a = (facts: Partial<Host> = {}): Host =>
  newHost(parseSerial('a'), {
    state: 'installing',
    internalAddress: fixed,
    cards: [A],
    macAddresses: [A, A2],
    ...facts,
  });
const b = newHost(parseSerial('b'), { state: 'running', cards: [B] });

/** Given to `a` at its lease. */
const given: Capability = {
  serial: parseSerial('a'),
  address: leased,
  epoch: 3,
  card: A,
  isUsed: false,
  hasMoved: false,
  isOver: false,
};

interface Case {
  readonly name: string;
  readonly host?: Host;
  readonly kind?: Errand['kind'];
  readonly at?: typeof leased;
  /** Who has the lease of the address; nobody. */
  readonly lease?: MacAddress | 'over';
  readonly neighbour: MachineProof['neighbour'];
  readonly epoch?: number;
  readonly shows?: Partial<Capability> | 'unknown';
  readonly leases?: LeaseRule;
  /** Why it is no proof, or the cards of the host then. */
  readonly want: ProofLack | readonly MacAddress[] | undefined | 'another card';
}

const byLease: readonly Case[] = [
  { name: 'the card that has the lease answers there', lease: A, neighbour: A, want: [A] },
  { name: 'a stranger answers there', lease: A, neighbour: S, want: 'neighbour' },
  { name: 'another host answers there', lease: A, neighbour: B, want: 'neighbour' },
  {
    name: 'another of its own cards answers there, as Linux does by itself',
    lease: A,
    neighbour: A2,
    want: [A],
  },
  {
    name: 'the kernel does not know who answers there',
    lease: A,
    neighbour: undefined,
    want: 'no-neighbour',
  },
  { name: 'it comes over a router: the lease alone proves', lease: A, neighbour: 'off-link', want: [A] },
  { name: 'the lease is over, and its card answers there', lease: 'over', neighbour: A, want: [A] },
  { name: 'the lease is over, and a stranger answers there', lease: 'over', neighbour: S, want: 'neighbour' },
  {
    name: 'a new card of a host that has none',
    host: a({ cards: [], macAddresses: [] }),
    lease: S,
    neighbour: S,
    want: [S],
  },
  {
    name: 'a new card that does not answer itself',
    host: a({ cards: [], macAddresses: [] }),
    lease: S,
    neighbour: S2,
    want: 'neighbour',
  },
  { name: 'hardware without a MAC address', lease: A, neighbour: 'other', want: [A] },
];

const byOwnAddress: readonly Case[] = [
  { name: 'one of its cards answers there', kind: 'report', at: fixed, neighbour: A, want: [A] },
  {
    name: 'a card answers there that it reported, as of a bond',
    kind: 'report',
    at: fixed,
    neighbour: A2,
    want: [A],
  },
  { name: 'a stranger answers there', kind: 'report', at: fixed, neighbour: S, want: 'neighbour' },
  {
    name: 'a card that it reported and that is another host’s',
    kind: 'report',
    host: a({ macAddresses: [A, B] }),
    at: fixed,
    neighbour: B,
    want: 'neighbour',
  },
  {
    name: 'over a router nothing proves it',
    kind: 'report',
    at: fixed,
    neighbour: 'off-link',
    want: 'nothing',
  },
];

const byCapability: readonly Case[] = [
  { name: 'at its address', lease: A, neighbour: A, shows: {}, want: [A] },
  { name: 'at its address, over a router', lease: A, neighbour: 'off-link', shows: {}, want: [A] },
  {
    name: 'at its fixed address, over a router',
    kind: 'up',
    at: fixed,
    neighbour: 'off-link',
    shows: { isOver: true },
    want: [A],
  },
  {
    name: 'at another address by its own card',
    at: other,
    lease: A,
    neighbour: A,
    shows: { isUsed: true },
    want: [A],
  },
  {
    name: 'by another card that is nobody’s, before it was used',
    at: other,
    lease: S,
    neighbour: S,
    shows: {},
    want: [A, S],
  },
  {
    name: 'the same from a stranger’s place: the card does not answer there',
    at: other,
    lease: S,
    neighbour: S2,
    shows: {},
    want: 'another card',
  },
  { name: 'by the card of another host', at: other, lease: B, neighbour: B, shows: {}, want: 'another card' },
  {
    name: 'by another card after it was used',
    at: other,
    lease: S,
    neighbour: S,
    shows: { isUsed: true },
    want: 'another card',
  },
  {
    name: 'by a second further card',
    host: a({ cards: [A, S] }),
    at: other,
    lease: S2,
    neighbour: S2,
    shows: { isUsed: true, hasMoved: true },
    want: 'another card',
  },
  { name: 'from another address without a lease', at: other, neighbour: S, shows: {}, want: 'another card' },
  {
    name: 'spoofed: its address, and another card answers there',
    lease: A,
    neighbour: S,
    shows: { isUsed: true },
    want: 'neighbour',
  },
  { name: 'spoofed, and the card is another host’s', lease: A, neighbour: B, shows: {}, want: 'neighbour' },
  {
    name: 'before it was used, two cards of one machine that answer for each other',
    lease: A,
    neighbour: S,
    shows: {},
    want: [A],
  },
  {
    name: 'somebody else had its address since',
    lease: S,
    neighbour: S,
    epoch: 4,
    shows: {},
    want: 'another card',
  },
  {
    name: 'its own address again, after somebody else had it: the lease proves',
    lease: A,
    neighbour: A,
    epoch: 5,
    shows: {},
    want: [A],
  },
  { name: 'of a boot before: the lease proves', lease: A, neighbour: A, shows: 'unknown', want: [A] },
  {
    name: 'of a boot before, and its card does not answer',
    lease: A,
    neighbour: S,
    shows: 'unknown',
    want: 'ended',
  },
  {
    name: 'of another host',
    lease: A,
    neighbour: S,
    shows: { serial: parseSerial('b') },
    want: 'other-host',
  },
  { name: 'after its system was up', lease: A, neighbour: S, shows: { isOver: true }, want: 'over' },
];

const withoutLeases: readonly Case[] = [
  {
    name: 'a host of which no card is known: the first word',
    host: a({ cards: [], macAddresses: [] }),
    at: other,
    neighbour: S,
    want: undefined,
  },
  {
    name: 'a report of such a host',
    kind: 'report',
    host: a({ cards: [], macAddresses: [] }),
    at: other,
    neighbour: S,
    want: 'neighbour',
  },
  { name: 'one of its cards answers there', at: other, neighbour: A2, want: undefined },
  { name: 'another answers there', at: other, neighbour: S, want: 'neighbour' },
  { name: 'over a router', at: other, neighbour: 'off-link', want: 'nothing' },
  {
    name: 'over a router, by its capability',
    at: leased,
    epoch: 3,
    neighbour: 'off-link',
    shows: {},
    want: undefined,
  },
  {
    name: 'by its capability at another address, by its card',
    at: other,
    neighbour: A,
    shows: { isUsed: true },
    want: undefined,
  },
  {
    name: 'by its capability at another address over a router',
    at: other,
    neighbour: 'off-link',
    shows: {},
    want: 'address',
  },
];

describe('what proves that a machine is the host in whose name it asks', () => {
  const all: Record<string, readonly Case[]> = {
    'by its lease': byLease,
    'by the address that its system set': byOwnAddress,
    'by its capability': byCapability,
    'where imago leases nothing': withoutLeases.map((each) => ({ ...each, leases: 'none' })),
  };
  for (const [group, cases] of Object.entries(all)) {
    describe(group, () => {
      for (const each of cases) {
        it(each.name, () => {
          const { want } = each;
          if (want === undefined || Array.isArray(want)) {
            expect(admitted(each, 'required')).to.deep.include({ cards: want, isProven: true });
            return;
          }
          const refused = () => admitted(each, 'required');
          if (want === 'another card') expect(refused).to.throw(/network card/);
          else expect(refused).to.throw(ProofMissing).with.property('lack', want);
          if (want === 'another card') return;
          const passed = admitted(each, 'log');
          expect(passed).to.deep.include({ isProven: false });
          expect(passed.unproven).to.be.instanceOf(ProofMissing);
          expect(admitted(each, 'off')).to.not.have.property('unproven');
        });
      }
    });
  }

  it('says which card answers, and what to do where that is the machine’s own', () => {
    const refused = () => admitted({ name: '', lease: A, neighbour: S, want: undefined }, 'required');
    expect(refused).to.throw(
      ProofMissing,
      'a machine at 10.75.0.50 with network card 52:54:00:00:00:a1 calls itself a: refused, for the network card that answers there is 52:54:00:00:00:c1, which is none of its own; if it is, as that of a bridge: imagoctl set a cards; else somebody took its address',
    );
  });

  it('lets pass, with log, a stranger’s word for a host in use, and takes no card from it', () => {
    const each: Case = {
      name: '',
      host: a({ state: 'running', cards: [] }),
      lease: S,
      neighbour: S2,
      want: undefined,
    };
    expect(admitted(each, 'log')).to.deep.include({ cards: undefined, isProven: false });
    expect(admitted({ ...each, neighbour: S }, 'log')).to.deep.include({ cards: [S], isProven: true });
  });
});

function admitted(each: Case, proof: 'off' | 'log' | 'required') {
  const {
    host = a(),
    kind = 'configuration',
    at = leased,
    lease,
    neighbour,
    epoch = 3,
    shows,
    leases = 'required',
  } = each;
  const asker: Asker = {
    address: at,
    isServer: false,
    leasedTo: lease === 'over' ? A : lease,
    hasLease: lease !== undefined && lease !== 'over',
    proof: {
      neighbour,
      epoch,
      capability: shows === undefined || shows === 'unknown' ? shows : { ...given, ...shows },
    },
  };
  const fleet = new InMemoryHostStore([host, b]);
  const serial = parseSerial('a');
  return admitAsker(fleet, { serial, kind }, asker, { leases, proof, predefined: new Map() });
}
