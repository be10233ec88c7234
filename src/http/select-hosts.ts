import type { HostQuery, SortField } from '../api/host-query.js';
import type { Host } from '../host/host.js';
import { hostStates } from '../host/lifecycle.js';
import { formatIpv4 } from '../net/ipv4.js';

export interface HostPage {
  readonly hosts: readonly Host[];
  /** How many there are on all pages. */
  readonly total: number;
}

/** The hosts that a query asks for, in its order. Equal ones stand in the order of their serials, so that pages fit together. */
export function selectHosts(fleet: Iterable<Host>, query: HostQuery): HostPage {
  const field = query.sort.replace(/^-/, '') as SortField;
  const direction = query.sort.startsWith('-') ? -1 : 1;
  const found = [...fleet]
    .filter((host) => fits(host, query))
    .map((host) => ({ host, key: sortKey[field](host) }))
    .sort((a, b) => direction * compare(a.key, b.key) || compare(a.host.serial, b.host.serial))
    .map(({ host }) => host);
  const end = query.limit === undefined ? undefined : query.offset + query.limit;
  return { hosts: found.slice(query.offset, end), total: found.length };
}

const sortKey: Readonly<Record<SortField, (host: Host) => string | number>> = {
  serial: ({ serial }) => serial,
  state: ({ state }) => hostStates.indexOf(state),
  profile: ({ profile }) => profile ?? '',
  address: ({ internalAddress }) => internalAddress ?? 0,
  lastBoot: ({ lastBoot }) => lastBoot?.getTime() ?? 0,
  cabinet: ({ cabinet, machineOnCabinet }) => (cabinet ?? 0) * 1e6 + (machineOnCabinet ?? 0),
};

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : Number(a > b);
}

function fits(host: Host, { state, profile, tag, cabinet, search }: HostQuery): boolean {
  return (
    (state === undefined || state.includes(host.state)) &&
    (profile === undefined || profile.includes(host.profile ?? '')) &&
    (tag === undefined || host.metadata.includes(tag)) &&
    (cabinet === undefined || host.cabinet === cabinet) &&
    (search === undefined || textsOf(host).some((text) => text.includes(search.toLowerCase())))
  );
}

function textsOf(host: Host): string[] {
  const { serial, internalAddress, bootMac, macAddresses, uuid, hostname, providerId } = host;
  const address = internalAddress === undefined ? undefined : formatIpv4(internalAddress);
  return [
    serial,
    address,
    bootMac,
    ...macAddresses,
    uuid,
    hostname?.toLowerCase(),
    providerId?.toLowerCase(),
  ].filter((text) => text !== undefined);
}
