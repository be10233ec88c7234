import type { ParsedUrlQuery } from 'node:querystring';
import type { IncomingMessage } from 'node:http';
import { identify, type ClaimedIdentity } from '../host/host-identity.js';
import type { FleetView } from '../host/host-store.js';
import { isPlaceholderSerial } from '../host/placeholder.js';
import { tryParseIpv4, type Ipv4 } from '../net/ipv4.js';
import { tryParseMac } from '../net/mac-address.js';
import type { Asker } from '../provision/new-host-gate.js';
import type { Arrival } from '../provision/plan-arrival.js';
import { NoSerial } from './http-errors.js';
import type { LeaseBook } from './services.js';

/** What the query of `/ipxe` says of the machine; iPXE leaves a value empty that it does not know. */
export function claimOfQuery(query: ParsedUrlQuery): ClaimedIdentity {
  return {
    serial: single(query['serial']),
    uuid: single(query['uuid']),
    mac: tryParseMac(single(query['mac']) ?? ''),
  };
}

/** One value of the query, of sensible length; the first where it comes twice. */
export function single(value: string | string[] | undefined): string | undefined {
  const first = Array.isArray(value) ? value[0] : value;
  const text = first?.trim();
  return text === undefined || text === '' || text.length > 256 ? undefined : text;
}

export interface WhoKnows {
  readonly fleet: Pick<FleetView, 'hostByMac' | 'hostByAddress'>;
  readonly leases: Pick<LeaseBook, 'macOfAddress'>;
}

/**
 * The machine that a Mayu call names by its serial. Where a vendor never filled that in, the machine is the one that holds the
 * lease of the asking address, or has it for its own.
 * @throws NoSerial, InvalidValue
 */
export function arrivalOfSerial(raw: string, asking: Ipv4 | undefined, { fleet, leases }: WhoKnows): Arrival {
  const mac = asking === undefined ? undefined : leases.macOfAddress(asking);
  if (!isPlaceholderSerial(raw)) return identify({ serial: raw, mac });
  const host = mac === undefined ? asking && fleet.hostByAddress(asking) : fleet.hostByMac(mac);
  if (host) return { serial: host.serial, mac };
  if (mac === undefined) throw new NoSerial();
  return identify({ mac });
}

/** Where a machine asks from. The kernel drops packets from the network that pretend to come from this server. */
export function askerOf(request: IncomingMessage, leases: Pick<LeaseBook, 'lastHolder' | 'isLeased'>): Asker {
  const { remoteAddress, localAddress } = request.socket;
  const address = askingAddress(request);
  return {
    address,
    leasedTo: address === undefined ? undefined : leases.lastHolder(address),
    hasLease: address !== undefined && leases.isLeased(address),
    isServer: remoteAddress !== undefined && remoteAddress === localAddress,
  };
}

/** Node writes IPv4 on a dual-stack socket as `::ffff:10.75.0.9`. */
export function askingAddress(request: IncomingMessage): Ipv4 | undefined {
  return tryParseIpv4((request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''));
}
