import { setTimeout as pause } from 'node:timers/promises';
import type { Asked, Answer } from './machine.js';
import { dialectVictim, ports, type AttackLab } from './attack-lab.js';
import { bootPath, calls, capabilityOf, readable, type Living, type Stage } from './victim.js';

/** What somebody does, in words of docs/security.md. */
export interface Row {
  readonly name: string;
  /** Where B succeeds: why that is so, and what ends it. Else it gets nothing and changes nothing. */
  readonly remains?: string;
}

/** What B does to look like A, before it asks for all that A may ask for. */
export interface Disguise extends Row {
  /** @returns how its calls are made; what it was told on the way counts as received, too */
  readonly put: (attacker: Attacker) => Promise<Way>;
  /** A is off, or its cable is out. */
  readonly aIsAway?: boolean;
  /** Where `remains` holds; everywhere unless given. */
  readonly at?: { readonly stage: Stage; readonly inWords: string };
}

export interface Way {
  /** Before the paths: the capability that A was given. */
  readonly base?: string;
  /** The address to ask from. */
  readonly from?: string;
}

export interface Attacker {
  readonly lab: AttackLab;
  readonly a: Living;
  /** Of B's own card. */
  readonly card: string;
}

/** For so long a card that took the place of another proves nothing, and a little more: B has time. */
const UNSTEADY_MS = 2200;

/** From another host's address: the kernel of B has it beside its own. */
async function takeAddress({ lab, a }: Attacker): Promise<Way> {
  await lab.b.ip('addr', 'add', `${a.address}/24`, 'dev', 'eth0');
  await lab.b.get('/', a.address);
  await pause(UNSTEADY_MS);
  return { from: a.address };
}

async function ownLease({ lab, card }: Attacker): Promise<string> {
  await lab.b.becomeCard(card);
  return lab.b.lease();
}

async function ownAddress({ lab, card }: Attacker): Promise<void> {
  await lab.b.becomeCard(card);
  await lab.b.ip('addr', 'add', '10.75.0.250/24', 'dev', 'eth0');
}

/** Tells the server, again and again, that A's address is at B's card. */
async function forgeArp({ lab, a, card }: Attacker): Promise<void> {
  await lab.b.forgeArp(a.address, card);
  await pause(UNSTEADY_MS);
}

const AS_ORIGINAL =
  'Other systems’ clients are answered as by the originals, which go by what a machine says of itself.';
const CLONE =
  'B is A for Ethernet, for DHCP, and so for imago. The switch is told by its port security (or DHCP snooping with dynamic ARP inspection) which card is at which port.';

/** Nothing was done by it yet. */
const UNUSED = { stage: 'script', inWords: 'until A’s installer has come' } as const;
const MOVED =
  'A machine of several cards may go on by another one, once, and before anything was done by its URLs. To have one, B has to read A’s plain HTTP on its way; its card then stands among A’s, with a commit.';

/** Whether B is A then, and docs/security.md says so. */
export function isNamed({ remains, at }: Disguise, stage: Stage): boolean {
  return remains !== undefined && (at === undefined || at.stage === stage);
}

export const disguises: readonly Disguise[] = [
  {
    name: 'A’s serial, UUID and MAC in what it says, from its own lease',
    put: async (attacker) => ({ from: await ownLease(attacker) }),
  },
  {
    name: 'the same, without a lease, from an address that it chose',
    put: async (attacker) => {
      await ownAddress(attacker);
      return { from: '10.75.0.250' };
    },
  },
  {
    name: 'a URL of A’s boot replayed, from its own lease',
    remains: MOVED,
    at: UNUSED,
    put: async (attacker) => ({ from: await ownLease(attacker), base: attacker.a.base }),
  },
  {
    name: 'a URL of A’s boot replayed, from an address that it chose',
    put: async (attacker) => {
      await ownAddress(attacker);
      return { from: '10.75.0.250', base: attacker.a.base };
    },
  },
  {
    name: 'A’s address with its own card, while A is away',
    aIsAway: true,
    put: async (attacker) => {
      await ownAddress(attacker);
      return takeAddress(attacker);
    },
  },
  {
    name: 'A’s address with its own card, and a URL of A’s boot, while A is away',
    remains: MOVED,
    at: UNUSED,
    aIsAway: true,
    put: async (attacker) => {
      await ownAddress(attacker);
      return { ...(await takeAddress(attacker)), base: attacker.a.base };
    },
  },
  {
    name: 'A’s address with its own card, while A is there, by forged ARP',
    put: async (attacker) => {
      await ownAddress(attacker);
      await forgeArp(attacker);
      return takeAddress(attacker);
    },
  },
  {
    name: 'A’s address with its own card, and a URL of A’s boot, by forged ARP',
    remains: MOVED,
    at: UNUSED,
    put: async (attacker) => {
      await ownAddress(attacker);
      await forgeArp(attacker);
      return { ...(await takeAddress(attacker)), base: attacker.a.base };
    },
  },
  {
    name: 'A’s card, and an address that it chose, without a lease',
    aIsAway: true,
    put: async ({ lab, a }) => {
      await lab.b.becomeCard(a.mac);
      await lab.b.ip('addr', 'add', '10.75.0.250/24', 'dev', 'eth0');
      return { from: '10.75.0.250' };
    },
  },
  {
    name: 'A’s card, and A’s address by DHCP, while A is away',
    aIsAway: true,
    remains: CLONE,
    put: async ({ lab, a }) => {
      await lab.b.becomeCard(a.mac);
      return { from: await lab.b.lease() };
    },
  },
  {
    name: 'A’s card, A’s address and a URL of A’s boot, while A is away',
    aIsAway: true,
    remains: CLONE,
    put: async ({ lab, a }) => {
      await lab.b.becomeCard(a.mac);
      return { from: await lab.b.lease(), base: a.base };
    },
  },
];

/** B comes before A under A’s serial. */
export interface Race extends Row {
  /** An operator has named A’s card beforehand. */
  readonly cardIsKnown: boolean;
}

export const races: readonly Race[] = [
  { name: 'A’s serial before A has ever booted, where its card is known', cardIsKnown: true },
  {
    name: 'A’s serial before A has ever booted',
    cardIsKnown: false,
    remains:
      'Who first asks under a serial that nobody has booted is that machine; if A’s own card was not among those that it named, A waits, with the reason on its console and an alarm. `imagoctl add SERIAL --mac`, `newHosts.mode: pending` or `listed` decide before.',
  },
];

/** What B asks of the files of other systems, by its own card and lease. */
export interface Dialect extends Row {
  readonly asked: readonly Asked[];
}

const told = dialectVictim;

export const dialects: readonly Dialect[] = [
  {
    name: 'matchbox’s groups, by A’s MAC or serial',
    asked: [
      { port: ports.matchbox, path: `/generic?mac=${told.mac}` },
      { port: ports.matchbox, path: `/metadata?serial=${told.serial}` },
    ],
    remains: `${AS_ORIGINAL} Their templates are no place for secrets.`,
  },
  {
    name: 'bootcfg’s files, by A’s MAC or UUID',
    asked: [
      { port: ports.bootcfg, path: `/ipxe?mac=${told.mac}` },
      { port: ports.bootcfg, path: `/cloud?uuid=${told.uuid}` },
    ],
    remains: AS_ORIGINAL,
  },
  {
    name: 'pxe-init’s images, by A’s MAC',
    asked: [{ port: ports.pxeInit, path: `/ipxe?mac=${told.mac}` }],
    remains: AS_ORIGINAL,
  },
];

export const stages: readonly Stage[] = ['script', 'installing', 'installed', 'running'];

/** All that A may ask for. */
export function requestsFor(a: Living, { base = '', from }: Way): readonly Asked[] {
  const dashed = a.mac.replaceAll(':', '-');
  const places = base === '' ? [''] : [base, ''];
  const asked: readonly Asked[] = [
    ...places.flatMap((place) => [
      { path: `${place}${bootPath(a)}` },
      { path: `${place}${bootPath({ ...a, serial: a.serial.toUpperCase() })}` },
      { path: `${place}/ipxe?serial=${a.serial}` },
      { path: `${place}/ipxe?mac=${dashed}` },
      { path: `${place}/ipxe?uuid=${a.uuid}&mac=${dashed}` },
      calls.firstStage(place, a),
      calls.getIgnition(place, a),
      calls.installerIgnition(place, a),
      calls.ignition(place, a),
      calls.cloudConfig(place, a),
      { path: `${place}/images/${a.serial}/vmlinuz` },
    ]),
    { path: '/ipxebootscript' },
    { path: `/pixiecore/v1/boot/${a.mac}` },
    { path: `/v1/boot/${a.mac}` },
    { by: 'tftp', path: 'autoexec.ipxe' },
    { by: 'tftp', path: `pxelinux.cfg/01-${dashed}` },
    { by: 'tftp', path: `grub.cfg-01-${dashed}` },
    ...Object.values(ports).flatMap((port) => [
      { port, path: bootPath(a) },
      { port, path: `/cloud?uuid=${a.uuid}` },
      { port, path: `/generic?mac=${a.mac}&serial=${a.serial}` },
      { port, path: `/ignition?mac=${a.mac}&serial=${a.serial}` },
      { port, path: `/metadata?mac=${a.mac}&serial=${a.serial}` },
      { port, path: `/pixiecore/v1/boot/${a.mac}` },
    ]),
    { path: `/api/v1/hosts/${a.serial}` },
    { path: '/admin/hosts' },
  ];
  return asked.map((one) => ({ ...one, ...(from !== undefined && { from }) }));
}

/** All that A may say of itself, in its order. */
export function reportsOf(a: Living, { base = '', from }: Way): readonly Asked[] {
  const places = base === '' ? [''] : [base, ''];
  const asked: readonly Asked[] = [
    { method: 'PUT', path: `/admin/host/${a.serial}/set_state`, body: '{"State":"configured"}' },
    { method: 'PUT', path: `/admin/host/${a.serial}/override`, body: '{"Overrides":{"marker":"none"}}' },
    ...places.flatMap((place) => [
      calls.progress(place, a),
      calls.installed(place, a),
      calls.booted(place, a),
    ]),
  ];
  return asked.map((one) => ({ ...one, ...(from !== undefined && { from }) }));
}

/** Whether one of the answers has what is A's alone: as it stands, or in base64 as Ignition has files. */
export function leaked(
  a: Pick<Living, 'marker' | 'secret' | 'base'>,
  answers: readonly Answer[],
): readonly string[] {
  const capability = capabilityOf(a);
  const own = [a.marker, a.secret, ...(capability === undefined ? [] : [capability])];
  return answers
    .map(({ body }) => readable(body))
    .filter((text) => own.some((secret) => text.includes(secret)));
}
