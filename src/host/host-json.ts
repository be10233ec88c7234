import { z } from 'zod';
import { escapeText, ImagoError } from '../errors.js';
import { formatIpv4, tryParseIpv4 } from '../net/ipv4.js';
import { tryParseMac } from '../net/mac-address.js';
import { newHost, versionedSoftware, type Host, type OverrideValue, type VersionedSoftware } from './host.js';
import { hardwareFromJson, hardwareSchema, hardwareToJson } from './hardware-json.js';
import { hostStates } from './lifecycle.js';
import { DEEPEST_OVERRIDE, isNestedDeeper } from './nesting.js';
import { usableUuid } from './placeholder.js';
import { platforms } from './platform.js';
import { lineAt, lineOfJsonFault } from '../json-fault.js';
import { InvalidRecord, lineOfField } from './record-kind.js';
import { parseSerial, type Serial } from './serial.js';

/** A host under the names that Mayu gave its fields: on disk as `conf.json`, and on the wire of `/admin/hosts`. */
export type HostJson = Readonly<Record<string, unknown>>;

/** The time of a machine that never booted, as Go writes its zero time. */
const NEVER = '0001-01-01T00:00:00Z';

/** Mayu's names for the versions of software that a machine reports. */
export const versionField = {
  mayu: 'MayuVersion',
  docker: 'DockerVersion',
  etcd: 'EtcdVersion',
  fleet: 'FleetVersion',
  rkt: 'RktVersion',
  k8s: 'K8sVersion',
  yochu: 'YochuVersion',
} as const satisfies Readonly<Record<VersionedSoftware, string>>;

/** A field of a host that cannot be what it claims to be. */
export class InvalidHost extends InvalidRecord {
  override readonly code = 'INVALID_HOST';
}

/** The fields in the order in which they are written, and what each says of a host; undefined is left out. */
const fields: readonly (readonly [name: string, of: (host: Host) => unknown])[] = [
  ['ProviderId', (host) => host.providerId || undefined],
  ['Serial', (host) => host.serial],
  ['UUID', (host) => host.uuid || undefined],
  ['BootMac', (host) => host.bootMac],
  ['Cards', (host) => host.cards],
  ['MacAddresses', (host) => (host.macAddresses.length > 0 ? host.macAddresses : undefined)],
  [
    'InternalAddr',
    (host) => (host.internalAddress === undefined ? undefined : formatIpv4(host.internalAddress)),
  ],
  ['ExtraAddrs', (host) => host.extraAddresses && mapValues(host.extraAddresses, formatIpv4)],
  ['Cabinet', (host) => host.cabinet || undefined],
  ['MachineOnCabinet', (host) => host.machineOnCabinet || undefined],
  ['IPMIAddr', (host) => host.ipmiAddress || undefined],
  ['Hostname', (host) => host.hostname || undefined],
  ['MachineID', (host) => host.machineId || undefined],
  ['ConnectedNIC', (host) => host.connectedNic ?? ''],
  ['FleetMetadata', (host) => (host.metadata.length > 0 ? host.metadata : undefined)],
  ['LastBoot', (host) => (host.lastBoot ? host.lastBoot.toISOString().replace('.000Z', 'Z') : NEVER)],
  ['Profile', (host) => host.profile || undefined],
  ['ProfileTentative', (host) => host.isProfileTentative || undefined],
  ['EtcdClusterToken', (host) => host.etcdClusterToken || undefined],
  ['Overrides', (host) => (Object.keys(host.overrides).length > 0 ? host.overrides : undefined)],
  ['State', (host) => host.state],
  ['CoreOSVersion', (host) => host.osVersion || undefined],
  ['Diskless', (host) => host.diskless || undefined],
  ['Platform', (host) => host.platform],
  ['Hardware', ({ hardware }) => hardware && hardwareToJson(hardware)],
  ['Lock', ({ lock }) => lock && { By: lock.by, Reason: lock.reason, Since: lock.since.toISOString() }],
  ...versionedSoftware.map(
    (name) => [versionField[name], (host: Host) => host.versions[name] || undefined] as const,
  ),
];

/** Zero values are left out, except ConnectedNIC, LastBoot and State, which clients expect to be there always. */
export function hostToJson(host: Host): HostJson {
  const json: Record<string, unknown> = {};
  for (const [name, of] of fields) {
    const value = of(host);
    if (value !== undefined) json[name] = value;
  }
  return json;
}

/** @throws InvalidHost for the first field that is wrong. */
export function hostFromJson(json: unknown): Host {
  const parsed = parseHost(json);
  if (Array.isArray(parsed)) throw parsed[0];
  return toHost(parsed as HostFields);
}

type HostFields = z.infer<typeof hostSchema>;

/** Its fields, or all that is wrong with them. */
function parseHost(json: unknown): HostFields | readonly InvalidHost[] {
  const overrides = valueAt(json, ['Overrides']);
  // The schema would pass over it.
  if (typeof overrides === 'object' && overrides !== null && Object.hasOwn(overrides, '__proto__')) {
    const value = valueAt(overrides, ['__proto__']);
    const remedy = 'has a name that nothing can be stored under: rename it';
    return [new InvalidHost('Overrides.__proto__', value, remedy)];
  }
  const parsed = hostSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  return parsed.error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map(
        (key) => new InvalidHost(key, undefined, 'is no field of a host: correct its name or remove it'),
      );
    return [new InvalidHost(issue.path.join('.'), valueAt(json, issue.path), issue.message)];
  });
}

/** What stands in a host's `conf.json`. */
export function formatHostFile(host: Host): string {
  return `${escapeText(JSON.stringify(hostToJson(host), null, 2))}\n`;
}

/**
 * @param file as it is named in messages, with the line of the fault.
 * @throws InvalidHost
 */
export function parseHostFile(text: string, file: string): Host {
  const read = readHostFile(text, file);
  if (Array.isArray(read)) throw read[0];
  return read as Host;
}

/**
 * The host, or all that is wrong with its file.
 * @param file as it is named in messages, with the line of each fault.
 */
export function readHostFile(text: string, file: string): Host | readonly InvalidHost[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    const line = lineOfJsonFault(text);
    const remedy = 'is not JSON: correct it by hand or restore it with git checkout';
    return [new InvalidHost('', lineAt(text, line), remedy, { file, line })];
  }
  try {
    const parsed = parseHost(json);
    return Array.isArray(parsed)
      ? parsed.map((fault: InvalidHost) => inFile(fault, json, text, file))
      : toHost(parsed as HostFields);
  } catch (error) {
    const remedy = 'came of reading it: correct it by hand';
    return [new InvalidHost('', messageOf(error), remedy, { file, line: 1 })];
  }
}

function inFile({ field, remedy }: InvalidHost, json: unknown, text: string, file: string): InvalidHost {
  const value = valueAt(json, field === '' ? [] : field.split('.'));
  return new InvalidHost(field, value, remedy, { file, line: lineOfField(text, field, value) });
}

const text = z.string({ error: 'is not a text: put it in quotes' });
const texts = z.array(text, { error: 'is not a list of texts: write ["…", "…"]' });
const count = z
  .int({ error: 'is not a whole number: write 0 or more, without quotes' })
  .min(0, { error: 'is below zero: write 0 or more' });

function parsed<T>(parse: (value: string) => T | undefined, remedy: string) {
  return z.string({ error: remedy }).transform((value, context): T => {
    const result = parse(value);
    if (result !== undefined) return result;
    context.addIssue({ code: 'custom', message: remedy });
    return z.NEVER;
  });
}

const mac = parsed(
  tryParseMac,
  'is not a MAC address: write six pairs of hex digits, as in 52:54:00:00:00:01',
);

const override = z.custom<OverrideValue | number | boolean | null>(
  (value) => !isNestedDeeper(value, DEEPEST_OVERRIDE),
  { error: `has more than ${DEEPEST_OVERRIDE} levels: write it flatter` },
);

const addresses = z.record(
  z.string(),
  parsed(tryParseIpv4, 'is not an IPv4 address: write four numbers from 0 to 255'),
  { error: 'is not a table of addresses: write {"storage": "10.80.0.1"}' },
);

const hostSchema = z.strictObject(
  {
    Serial: parsed(
      asSerial,
      'is not a serial: write it in lower case, from letters, digits, dots, hyphens and underscores',
    ),
    UUID: parsed(usableUuid, 'is not a UUID of one machine: correct it or remove the field').optional(),
    BootMac: mac.optional(),
    Cards: z.array(mac, { error: 'is not a list of MAC addresses: write ["52:54:00:00:00:01"]' }).optional(),
    MacAddresses: z
      .array(mac, { error: 'is not a list of MAC addresses: write ["52:54:00:00:00:01"]' })
      .nullish(),
    InternalAddr: parsed(
      (value) => (value === '' ? null : tryParseIpv4(value)),
      'is not an IPv4 address: write four numbers from 0 to 255, as in 10.75.0.1',
    ).nullish(),
    ExtraAddrs: addresses.nullish(),
    State: z.enum(hostStates, { error: `is not a state: write one of ${hostStates.join(', ')}` }),
    ConnectedNIC: text.optional(),
    LastBoot: parsed(
      asTime,
      `is not a time: write it as in 2026-11-21T10:00:00Z, or ${NEVER} for never`,
    ).optional(),
    ProviderId: text.optional(),
    Cabinet: count.optional(),
    MachineOnCabinet: count.optional(),
    IPMIAddr: text.nullish(),
    Hostname: text.optional(),
    MachineID: text.optional(),
    FleetMetadata: texts.nullish(),
    Profile: text.optional(),
    EtcdClusterToken: text.optional(),
    Overrides: z.record(z.string(), override, { error: 'is not a table: write {"name": "value"}' }).nullish(),
    CoreOSVersion: text.optional(),
    Diskless: z.boolean({ error: 'is not true or false: write one of them, without quotes' }).optional(),
    Platform: z
      .enum(platforms, { error: `is not a platform: write one of ${platforms.join(', ')}` })
      .optional(),
    Hardware: hardwareSchema.optional(),
    ProfileTentative: z
      .boolean({ error: 'is not true or false: write one of them, without quotes' })
      .optional(),
    Lock: z
      .strictObject(
        { By: text, Reason: text, Since: parsed(asTime, 'is not a time') },
        { error: 'is not a lock: write {"By", "Reason", "Since"}' },
      )
      .optional(),
    MayuVersion: text.optional(),
    DockerVersion: text.optional(),
    EtcdVersion: text.optional(),
    FleetVersion: text.optional(),
    RktVersion: text.optional(),
    K8sVersion: text.optional(),
    YochuVersion: text.optional(),
    // Mayu's names since 1.x for CoreOSVersion and ExtraAddrs: read, and written under those.
    FlatcarVersion: text.optional(),
    AdditionalAddrs: addresses.nullish(),
    // Fields of Mayu that steer nothing here: read, and left out when the host is next written.
    Id: z.unknown().optional(),
    Enabled: z.unknown().optional(),
    Name: z.unknown().optional(),
    BondInterfaces: z.unknown().optional(),
    FleetDisableEngine: z.unknown().optional(),
    KeepDiskData: z.unknown().optional(),
  },
  {
    error: (issue) =>
      issue.code === 'invalid_type' ? 'is not a host: write {"Serial": …, "State": …}' : undefined,
  },
);

function toHost(json: HostFields): Host {
  const versions: Partial<Record<VersionedSoftware, string>> = {};
  for (const name of versionedSoftware) {
    const version = json[versionField[name] as keyof typeof json];
    if (typeof version === 'string' && version !== '') versions[name] = version;
  }
  const extraAddresses = { ...json.AdditionalAddrs, ...json.ExtraAddrs };
  const osVersion = json.CoreOSVersion || json.FlatcarVersion;
  return newHost(json.Serial, {
    state: json.State,
    ...(json.UUID && { uuid: json.UUID }),
    ...(json.BootMac && { bootMac: json.BootMac }),
    ...(json.Cards && { cards: json.Cards }),
    macAddresses: json.MacAddresses ?? [],
    ...(typeof json.InternalAddr === 'number' && { internalAddress: json.InternalAddr }),
    ...(Object.keys(extraAddresses).length > 0 && { extraAddresses }),
    ...(json.ConnectedNIC && { connectedNic: json.ConnectedNIC }),
    ...(json.LastBoot instanceof Date && { lastBoot: json.LastBoot }),
    ...(json.ProviderId && { providerId: json.ProviderId }),
    ...(json.Cabinet && { cabinet: json.Cabinet }),
    ...(json.MachineOnCabinet && { machineOnCabinet: json.MachineOnCabinet }),
    ...(json.IPMIAddr && { ipmiAddress: json.IPMIAddr }),
    ...(json.Hostname && { hostname: json.Hostname }),
    ...(json.MachineID && { machineId: json.MachineID }),
    metadata: json.FleetMetadata ?? [],
    ...(json.Profile && { profile: json.Profile }),
    ...(json.ProfileTentative && { isProfileTentative: true }),
    ...(json.EtcdClusterToken && { etcdClusterToken: json.EtcdClusterToken }),
    ...(osVersion && { osVersion }),
    ...(json.Diskless && { diskless: true }),
    ...(json.Platform && { platform: json.Platform }),
    ...(json.Hardware && { hardware: hardwareFromJson(json.Hardware) }),
    ...(json.Lock?.Since instanceof Date && {
      lock: { by: json.Lock.By, reason: json.Lock.Reason, since: json.Lock.Since },
    }),
    versions,
    overrides: Object.fromEntries(
      Object.entries(json.Overrides ?? {}).flatMap(([key, value]) => {
        const override = overrideOf(value);
        return override === undefined ? [] : [[key, override]];
      }),
    ),
  });
}

/** Numbers and booleans are texts; what overrides with nothing overrides nothing. */
function overrideOf(value: OverrideValue | number | boolean | null): OverrideValue | undefined {
  if (value === null) return undefined;
  return typeof value === 'object' ? value : String(value);
}

function mapValues<From, To>(
  table: Readonly<Record<string, From>>,
  map: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, map(value)]));
}

function asSerial(value: string): Serial | undefined {
  try {
    const serial = parseSerial(value);
    return serial === value ? serial : undefined;
  } catch (error) {
    if (error instanceof ImagoError) return undefined;
    throw error;
  }
}

/** Null is never. */
function asTime(value: string): Date | null | undefined {
  if (value === NEVER) return null;
  const time = /^\d{4}-\d\d-\d\dT/.test(value) ? new Date(value) : undefined;
  return time && !Number.isNaN(time.getTime()) ? time : undefined;
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  let value = json;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
