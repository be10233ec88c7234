import { z } from 'zod';
import { Hardware } from './pending.js';
import { stateNames } from './state-names.js';

export const State = z.enum(stateNames);
export type State = z.output<typeof State>;

/** An instant as ISO 8601 text in UTC. */
const Instant = z.iso.datetime();

/** What a machine last said of its installation; kept until the daemon stops. */
export const Progress = z.object({
  phase: z.string().describe('started, disk, download, write, config, done or failed.'),
  message: z.string(),
  time: Instant,
});
export type Progress = z.output<typeof Progress>;

/** A machine that does not get through its installation. */
export const StuckMark = z.object({
  reason: z.enum(['failed', 'boot-loop', 'too-long']),
  since: Instant,
  detail: z.string(),
  retries: z.int().describe('How often its power was cycled for it.'),
});
export type StuckMark = z.output<typeof StuckMark>;

/** A text; or a list or table, for templates that go through it. */
export const OverrideValue = z.union([z.string(), z.array(z.unknown()), z.record(z.string(), z.unknown())]);
export type OverrideValue = z.output<typeof OverrideValue>;

/** Who locked a machine, and why. */
export const HostLock = z.object({ by: z.string(), reason: z.string(), since: Instant });
export type HostLock = z.output<typeof HostLock>;

/** One machine. What is not known is left out. */
export const ApiHost = z.object({
  serial: z.string(),
  state: State,
  address: z.string().optional().describe('Its fixed IPv4 address.'),
  extraAddresses: z
    .record(z.string(), z.string())
    .optional()
    .describe('Its fixed addresses on further interfaces, by their names.'),
  profile: z.string().optional(),
  diskless: z
    .boolean()
    .optional()
    .describe('Its system runs from memory, and comes from the network at each boot.'),
  platform: z.enum(['bios', 'uefi']).optional().describe('What it was seen to boot with from the network.'),
  cards: z
    .array(z.string())
    .optional()
    .describe(
      'The network cards that tell it from other machines: those it held leases by, or that were set.',
    ),
  macAddresses: z.array(z.string()).describe('As the machine reported them, in its own order.'),
  bootMac: z.string().optional().describe('The address it first booted from the network with.'),
  uuid: z.string().optional().describe('SMBIOS system UUID, in lower case.'),
  ipmiAddress: z.string().optional(),
  providerId: z.string().optional(),
  etcdClusterToken: z.string().optional(),
  metadata: z.array(z.string()).describe('Tags, as in role=core.'),
  osVersion: z.string().optional(),
  lastBoot: Instant.optional(),
  connectedNic: z.string().optional(),
  hostname: z.string().optional(),
  machineId: z.string().optional(),
  cabinet: z.int().optional(),
  machineOnCabinet: z.int().optional(),
  overrides: z.record(z.string(), OverrideValue).describe('Values for this host alone.'),
  versions: z
    .record(z.string(), z.string())
    .describe('Versions of the software it runs, by name, as it reported them.'),
  progress: Progress.optional(),
  stuck: StuckMark.optional(),
  isProfileTentative: z
    .boolean()
    .optional()
    .describe('No operator set its profile, and what its installer tells may give it another.'),
  hardware: Hardware.optional().describe('As it told it itself, last before it was installed.'),
  lock: HostLock.optional().describe('While it is there, operators change nothing of the host.'),
});
export type ApiHost = z.output<typeof ApiHost>;

/** `GET /api/v1/hosts` */
export const HostList = z.object({
  hosts: z.array(ApiHost),
  total: z.int().optional().describe('How many hosts the query fits, on all pages.'),
});
export type HostList = z.output<typeof HostList>;

/** `POST /api/v1/hosts/{serial}/state` */
export const StateCommand = z.strictObject({ state: State });
export type StateCommand = z.output<typeof StateCommand>;

/**
 * `PATCH /api/v1/hosts/{serial}`, as a JSON merge patch (RFC 7396): what is left out stays, null clears. Each value that
 * really changes becomes one commit; the answer is the ApiHost as it then is.
 */
export const HostPatch = z.strictObject({
  profile: z.string().optional().describe('Takes effect when the machine is installed again.'),
  metadata: z.array(z.string()).optional().describe('Replaces all tags.'),
  hostname: z
    .string()
    .max(253)
    .regex(
      /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i,
      'is not a host name: write letters, digits, - and . between them, as in node-7.rack9',
    )
    .nullable()
    .optional(),
  providerId: z.string().max(256).nullable().optional(),
  ipmiAddress: z.string().max(253).nullable().optional(),
  etcdClusterToken: z.string().max(64).nullable().optional(),
  cabinet: z.int().min(0).nullable().optional(),
  machineOnCabinet: z.int().min(0).nullable().optional(),
  cards: z
    .array(z.string())
    .max(64)
    .nullable()
    .optional()
    .describe('Its network cards; with none the first that asks in its name by a lease becomes one.'),
  overrides: z.record(z.string(), OverrideValue.nullable()).optional().describe('Merged key by key.'),
});
export type HostPatch = z.output<typeof HostPatch>;

/** `PUT /api/v1/hosts/{serial}/lock` */
export const LockCommand = z.strictObject({
  reason: z.string().trim().min(1, 'is empty: say why').max(256).describe('Shown to whoever is refused.'),
});
export type LockCommand = z.output<typeof LockCommand>;

/** `POST /api/v1/hosts`, before the machine ever boots; 201 with its ApiHost, 409 HOST_EXISTS when it is known already. */
export const NewHost = z.strictObject({
  serial: z.string(),
  profile: z.string().optional(),
  address: z.string().optional().describe('In network.hostRange; else the next free one.'),
  mac: z.string().optional().describe('The address it will boot from the network with.'),
  hostname: z.string().optional(),
  metadata: z.array(z.string()).optional(),
});
export type NewHost = z.output<typeof NewHost>;

/** `GET /api/v1/profiles`, in the order in which new machines are given them. */
export const ProfileList = z.object({
  profiles: z.array(
    z.object({
      name: z.string(),
      quantity: z.int().optional().describe('How many hosts it takes; without it any number.'),
      hosts: z.int().describe('How many hosts have it.'),
      tags: z.array(z.string()),
      osVersion: z.string(),
    }),
  ),
});
export type ProfileList = z.output<typeof ProfileList>;

/** One commit in the life of a machine. */
export const HistoryEntry = z.object({
  commit: z.string().describe('The full name of the commit.'),
  time: Instant,
  author: z.string(),
  what: z.string().describe('What changed, as in: updated host state to installing.'),
  state: State.optional().describe('The state the host was in after it.'),
});
export type HistoryEntry = z.output<typeof HistoryEntry>;

/** `GET /api/v1/hosts/{serial}/history`, newest first. */
export const History = z.object({ history: z.array(HistoryEntry) });
export type History = z.output<typeof History>;

/** One address that DHCP has promised, or holds back. */
export const Lease = z.object({
  address: z.string(),
  mac: z.string(),
  clientId: z.string().optional(),
  hostname: z.string().optional(),
  state: z.string().describe('offered, bound, declined, …'),
  expires: Instant,
  serial: z.string().optional().describe('The host that has this address or MAC.'),
});
export type Lease = z.output<typeof Lease>;

/** `GET /api/v1/leases` */
export const LeaseList = z.object({ leases: z.array(Lease) });
export type LeaseList = z.output<typeof LeaseList>;

/** `GET /api/v1/version` */
export const Version = z.object({
  version: z.string().describe('Of imago.'),
  node: z.string().describe('Of the Node.js that runs it.'),
});
export type Version = z.output<typeof Version>;

/**
 * RFC 9457, `application/problem+json`: every answer of 400 and above. `detail` is one sentence that names what was wrong
 * and what to do about it; `code` is stable and meant for programs; facts of the error stand beside them.
 */
export const Problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
});
export type Problem = z.output<typeof Problem>;

/** `GET /ready`: 200, or 503 while changes or leases cannot be recorded. */
export const Readiness = z.object({
  ready: z.boolean(),
  troubles: z.array(z.string()).describe('Of the store, and of the leases.'),
  hosts: z.int(),
  freeAddresses: z.int().describe('For hosts that are still to come.'),
  alarms: z.array(z.object({ code: z.string(), message: z.string(), since: z.iso.datetime() })),
});
export type Readiness = z.output<typeof Readiness>;
