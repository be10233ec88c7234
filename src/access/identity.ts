import type { ParsedUrlQuery } from 'node:querystring';
import { cleanText, ImagoError } from '../errors.js';
import type { Hardware } from '../host/hardware.js';
import { identify, mayBeCalled, type ClaimedIdentity, type HostIdentity } from '../host/host-identity.js';
import { ruleFor, type IdentityRule } from '../host/identity-rule.js';
import type { FleetView } from '../host/host-store.js';
import { isPlaceholderSerial } from '../host/placeholder-serial.js';
import { parseSerial } from '../host/serial.js';
import type { Ipv4 } from '../net/ipv4.js';
import { isOneMachines, tryParseMac, type MacAddress } from '../net/mac-address.js';
import type { Asker } from '../provision/new-host-gate.js';
import type { Arrival } from '../provision/plan-arrival.js';
import { findHost } from './find-host.js';
import type { LeaseBook } from './lease-book.js';

/** The call names a machine by nothing that tells it from others. */
export class NoSerial extends ImagoError {
  readonly code = 'NO_SERIAL';

  constructor() {
    super('no serial ? :/');
  }
}

/** What the query of `/ipxe` says of the machine; iPXE leaves a value empty that it does not know. */
export function claimOfQuery(query: ParsedUrlQuery): ClaimedIdentity {
  return {
    serial: single(query['serial']),
    uuid: single(query['uuid']),
    mac: ownMac(single(query['mac'])),
    manufacturer: single(query['manufacturer']),
    product: single(query['product']),
    boardSerial: single(query['board']),
    chassisSerial: single(query['chassis']),
    slot: single(query['slot']),
  };
}

const MOST_NICS = 8;
const MEBIBYTE = 1024 * 1024;

/** Those of its network cards that iPXE drives, as `mac,mac,…`; a place is empty where there is none. */
export function nicsOfQuery(query: ParsedUrlQuery): readonly MacAddress[] {
  const all = (single(query['nics']) ?? '').split(',', MOST_NICS).flatMap((text) => tryParseMac(text) ?? []);
  return [...new Set(all)];
}

/**
 * The machine that names itself to `/ipxe`. The network card that imago leased to comes before the one that it claims. A machine
 * whose card belongs to a host under another of its names keeps that: a rule, or firmware that tells less, makes no new machine of it.
 * @throws InvalidValue
 */
export function arrivalOfClaim(
  claimed: ClaimedIdentity,
  { leasedTo }: Pick<Asker, 'leasedTo'>,
  fleet: Pick<FleetView, 'hostByMac'>,
  rules: readonly IdentityRule[],
): HostIdentity {
  const claim = { ...claimed, mac: leasedTo ?? claimed.mac };
  const identity = identify(claim, rules);
  const host = claim.mac && fleet.hostByMac(claim.mac);
  return host && mayBeCalled(claim, host.serial) ? { ...identity, serial: host.serial } : identity;
}

/** What iPXE knows of what the machine is made of. Where its build has no `memsize`, as under UEFI, that is left empty. */
export function hardwareOfQuery(query: ParsedUrlQuery): Hardware {
  const hardware: { -readonly [Field in keyof Hardware]: Hardware[Field] } = {};
  const manufacturer = single(query['manufacturer']);
  if (manufacturer !== undefined) hardware.manufacturer = printable(manufacturer);
  const product = single(query['product']);
  if (product !== undefined) hardware.product = printable(product);
  const mebibytes = single(query['memsize']);
  if (mebibytes !== undefined && /^[1-9][0-9]{0,8}$/.test(mebibytes))
    hardware.memoryBytes = Number(mebibytes) * MEBIBYTE;
  return hardware;
}

/** Most are printable as they are, which is quick to tell. */
function printable(text: string): string {
  return /^[ -~]*$/.test(text) ? text : cleanText(text);
}

/** One value of the query, of sensible length; the first where it comes twice. */
export function single(value: string | string[] | undefined): string | undefined {
  const first = Array.isArray(value) ? value[0] : value;
  const text = first?.trim();
  return text === undefined || text === '' || text.length > 256 ? undefined : text;
}

export interface WhoKnows {
  readonly fleet: Pick<FleetView, 'host' | 'hostByMac' | 'hostByAddress'>;
  readonly leases: Pick<LeaseBook, 'macOfAddress'>;
  readonly rules?: readonly IdentityRule[];
}

/**
 * The machine that a Mayu call names by its serial. Where a vendor never filled that in, or a rule says that it names none, the
 * machine is the one that holds the lease of the asking address, or has it for its own.
 * @throws NoSerial, InvalidValue
 */
export function arrivalOfSerial(raw: string, asking: Ipv4 | undefined, who: WhoKnows): Arrival {
  const { fleet, leases, rules = [] } = who;
  const mac = asking === undefined ? undefined : leases.macOfAddress(asking);
  const isPlaceholder = isPlaceholderSerial(raw);
  if (!isPlaceholder && !ruleFor({ serial: raw }, rules)) return identify({ serial: raw, mac });
  const host = mac === undefined ? asking && fleet.hostByAddress(asking) : fleet.hostByMac(mac);
  if (host) return { serial: host.serial, mac };
  if (!isPlaceholder || findHost(fleet, raw)) return { serial: parseSerial(raw), mac };
  if (mac === undefined) throw new NoSerial();
  return identify({ mac });
}

/** Zeros and group addresses are nobody's: a host named by one would be all such machines. */
function ownMac(text: string | undefined): MacAddress | undefined {
  const mac = tryParseMac(text ?? '');
  return mac !== undefined && isOneMachines(mac) ? mac : undefined;
}
