import type { ApiHost } from '../api/schemas.js';
import { renderColumns, type Column, type TableOptions } from './columns.js';
import { hostColor } from './paint.js';
import { instant } from './times.js';
import { showValue } from '../errors.js';
import { UsageError } from './errors.js';

/** Mayu’s columns by Mayu’s names, and imago’s own after them. */
const fields: Readonly<Record<string, (host: ApiHost) => string | undefined>> = {
  ip: ({ address }) => address,
  serial: ({ serial }) => serial,
  profile: ({ profile }) => profile,
  ipmiaddr: ({ ipmiAddress }) => ipmiAddress,
  providerid: ({ providerId }) => providerId,
  etcdtoken: ({ etcdClusterToken }) => etcdClusterToken,
  metadata: ({ metadata }) => metadata.join(','),
  coreos: ({ osVersion }) => osVersion,
  state: ({ state }) => state,
  lastboot: ({ lastBoot }) => instant(lastBoot),
  docker: ({ versions }) => versions['docker'],
  etcd: ({ versions }) => versions['etcd'],
  fleet: ({ versions }) => versions['fleet'],
  k8s: ({ versions }) => versions['k8s'],
  mayu: ({ versions }) => versions['mayu'],
  rkt: ({ versions }) => versions['rkt'],
  yochu: ({ versions }) => versions['yochu'],
  machineid: ({ machineId }) => machineId,
  bootmac: ({ bootMac }) => bootMac,
  cards: ({ cards }) => cards?.join(','),
  cabinet: ({ cabinet }) => cabinet?.toString(),
  hostname: ({ hostname }) => hostname,
  lock: ({ lock }) => lock && `${lock.by}: ${lock.reason}`,
  macs: ({ macAddresses }) => macAddresses.join(','),
  nic: ({ connectedNic }) => connectedNic,
  overrides: ({ overrides }) => keyValues(overrides).join(','),
  position: ({ machineOnCabinet }) => machineOnCabinet?.toString(),
  progress: ({ progress }) => progress?.phase,
  stuck: ({ stuck }) => stuck?.reason,
  uuid: ({ uuid }) => uuid,
};

export const listFieldNames: readonly string[] = Object.keys(fields);
export const defaultListFields =
  'ip,serial,profile,ipmiaddr,providerid,etcdtoken,metadata,coreos,state,lastboot';

/**
 * @param names As in `ip,serial,state`; in any case. The usual ones are followed by locks, where one of the hosts has one.
 * @throws UsageError for a field that does not exist.
 */
export function listColumns(names: string, hosts: readonly ApiHost[] = []): Column<ApiHost>[] {
  const isLockTold = names === defaultListFields && hosts.some(({ lock }) => lock !== undefined);
  return `${names}${isLockTold ? ',lock' : ''}`.split(',').map((name) => {
    const field = name.trim().toLowerCase();
    const value = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (!value)
      throw new UsageError(`${showValue(name)} is not a field: choose from ${listFieldNames.join(',')}`);
    return { heading: field.toUpperCase(), value, ...(field === 'state' && { color: hostColor }) };
  });
}

export function renderList(
  hosts: readonly ApiHost[],
  columns: readonly Column<ApiHost>[],
  options: TableOptions,
): string[] {
  return renderColumns(inOrder(hosts), columns, options);
}

/** By address, as numbers; those that have none yet come last, by serial. */
export function inOrder(hosts: readonly ApiHost[]): ApiHost[] {
  return hosts
    .map((host) => ({ host, key: host.address === undefined ? Infinity : addressNumber(host.address) }))
    .sort((a, b) => (a.key === b.key ? compare(a.host.serial, b.host.serial) : a.key - b.key))
    .map(({ host }) => host);
}

export function keyValues(record: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(record)
    .sort(([a], [b]) => compare(a, b))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
}

function addressNumber(address: string): number {
  return address.split('.').reduce((number, part) => number * 256 + Number(part), 0);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
