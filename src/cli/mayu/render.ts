import type { MayuHost } from '../../api/mayu-client.js';
import { cleanText, showValue } from '../../errors.js';
import { UsageError } from '../errors.js';

const fields: Readonly<Record<string, (host: MayuHost) => string>> = {
  ip: ({ InternalAddr }) => InternalAddr ?? '-',
  serial: ({ Serial }) => Serial,
  profile: ({ Profile }) => Profile || '-',
  ipmiaddr: ({ IPMIAddr }) => IPMIAddr ?? '-',
  providerid: ({ ProviderId }) => ProviderId || '-',
  etcdtoken: ({ EtcdClusterToken }) => EtcdClusterToken,
  metadata: ({ FleetMetadata }) => (FleetMetadata ?? []).join(','),
  coreos: ({ CoreOSVersion }) => CoreOSVersion,
  state: quotedState,
  lastboot: ({ LastBoot }) => LastBoot.slice(0, 19).replace('T', ' '),
  yochu: ({ YochuVersion }) => YochuVersion,
  fleet: ({ FleetVersion }) => FleetVersion,
  etcd: ({ EtcdVersion }) => EtcdVersion,
  docker: ({ DockerVersion }) => DockerVersion,
  machineid: ({ MachineID }) => MachineID,
};

export const mayuDefaultFields =
  'ip,serial,profile,ipmiaddr,providerid,etcdtoken,metadata,coreos,state,lastboot';

/** What mayuctl's list prints, to the byte: cells that are empty stay empty. @throws UsageError */
export function renderMayuList(hosts: readonly MayuHost[], names: string, legend: boolean): string[] {
  const chosen = names.split(',').map((name) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!field) {
      throw new UsageError(
        `Invalid field: ${showValue(name)}: choose from ${Object.keys(fields).sort().join(',')}`,
      );
    }
    return field;
  });
  const rows = hosts.map((host) => chosen.map((field) => cleanText(field(host)).trim()));
  rows.sort((a, b) => compare(a.join('|'), b.join('|')));
  return columnize(legend ? [names.toUpperCase().split(','), ...rows] : rows);
}

/** What mayuctl's status prints. `<nil>` is how Go writes an address that is not there. */
export function renderMayuStatus(host: MayuHost): string[] {
  const lines: readonly (readonly [string, string])[] = [
    ['Serial:', host.Serial],
    ['IP:', host.InternalAddr ?? '<nil>'],
    ['IPMI:', host.IPMIAddr ?? '<nil>'],
    ['Provider ID:', host.ProviderId],
    ['Macs:', (host.MacAddresses ?? []).join(', ')],
    ['Cabinet:', String(host.Cabinet)],
    ['Machine on Cabinet:', String(host.MachineOnCabinet)],
    ['Hostname:', host.Hostname],
    ['MachineID:', host.MachineID],
    ['ConnectedNIC:', host.ConnectedNIC],
    ['Profile:', host.Profile],
    ['DisableEngine:', String(host.FleetDisableEngine)],
    ['State:', quotedState(host)],
    ['EtcdToken:', host.EtcdClusterToken],
    ['Metadata:', (host.FleetMetadata ?? []).join(', ')],
    ['CoreOS:', host.CoreOSVersion],
    ['Mayu:', host.MayuVersion],
    ['Yochu:', host.YochuVersion],
    ['Docker:', host.DockerVersion],
    ['Etcd:', host.EtcdVersion],
    ['Fleet:', host.FleetVersion],
    ['Rkt:', host.RktVersion],
    ['K8s:', host.K8sVersion],
    ['LastBoot:', goTime(host.LastBoot)],
    ['Enabled:', String(host.Enabled)],
  ];
  return columnize(lines.map(([label, value]) => [label, cleanText(value).trim()]));
}

/** Mayu's names of states are JSON, and mayuctl shows them so. */
function quotedState({ State }: MayuHost): string {
  return JSON.stringify(State);
}

/** `2016-01-15 13:42:33.344 +0100 CET`, as Go writes a time: in the zone that it is given in. */
function goTime(time: string): string {
  const [, date = '', clock = '', fraction = '', zone = 'Z'] =
    /^(\S+)T([\d:]+)(\.\d+)?(Z|[+-]\d\d:\d\d)?$/.exec(time) ?? [];
  return `${date} ${clock}${fraction.replace(/(?<!0)0+$/, '').replace(/\.$/, '')} ${goZone(zone, new Date(time))}`;
}

/** Go names the zone where it is that of this computer, and repeats the offset for any other. */
function goZone(zone: string, time: Date): string {
  if (zone === 'Z') return '+0000 UTC';
  const offset = zone.replace(':', '');
  const minutes =
    (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3))) * (zone.startsWith('-') ? -1 : 1);
  const isHere = -time.getTimezoneOffset() === minutes;
  return `${offset} ${(isHere && abbreviationHere(time)) || offset}`;
}

/** Each language knows the abbreviations of its own countries alone. */
function abbreviationHere(time: Date): string | undefined {
  return ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-CA', 'en-ZA']
    .map((language) => new Intl.DateTimeFormat(language, { timeZoneName: 'short' }).formatToParts(time))
    .map((parts) => parts.find(({ type }) => type === 'timeZoneName')?.value ?? '')
    .find((name) => /^[A-Z]{3,5}$/.test(name));
}

/** As mayuctl's library does, which takes a `|` within a cell for the end of it. */
function columnize(table: readonly (readonly string[])[]): string[] {
  const rows = table.map((row) => row.flatMap((cell) => cell.split('|').map((part) => part.trim())));
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, index) =>
    Math.max(...rows.map((row) => row[index]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : `${cell.padEnd(widths[index] ?? 0)}  `))
      .join(''),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
