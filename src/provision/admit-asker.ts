import { cardsOf, notedMacs } from '../host/cards.js';
import type { Host } from '../host/host.js';
import type { FleetView } from '../host/host-store.js';
import { keepsItsCards } from '../host/lifecycle.js';
import type { Serial } from '../host/serial.js';
import type { MacAddress } from '../net/mac-address.js';
import { CardRefused } from './card-refused.js';
import type { Asker } from './new-host-gate.js';
import type { ProvisioningSettings } from './provisioning-settings.js';

/** In whose name somebody asks, and for what. */
export interface Errand {
  readonly serial: Serial;
  /** A report comes from the machine's own system as well, which may hold its fixed address without a lease. */
  readonly kind: 'configuration' | 'report';
  /** What it says its network cards are. */
  readonly macs?: readonly MacAddress[];
}

type Fleet = Pick<FleetView, 'host' | 'hostByMac'>;
type Settings = Pick<ProvisioningSettings, 'leases' | 'predefined'>;

/**
 * Whether the asker is the machine in whose name it asks. Where imago leases, its lease tells: by a card of the host, or by the
 * first card of one that has none yet. What a machine says of its cards is believed of itself alone.
 * @returns the cards that the host has from now on; undefined where there is nothing to say of them.
 * @throws CardRefused
 */
export function admitAsker(
  fleet: Fleet,
  errand: Errand,
  asker: Asker,
  { leases = 'none', predefined }: Settings,
): readonly MacAddress[] | undefined {
  if (asker.isServer) return undefined;
  const host = fleet.host(errand.serial);
  if (leases === 'none') {
    refuseSecond(host, errand, asker);
    return undefined;
  }
  const own = host ? cardsOf(host).filter((card) => fleet.hostByMac(card)?.serial === host.serial) : [];
  const card = asker.leasedTo;
  if (card !== undefined && own.includes(card)) return own;
  if (host && asksFromItsOwnAddress(host, errand, asker)) return own.length > 0 ? own : undefined;
  if (card !== undefined) {
    const holder = holderOf(fleet, card);
    if (holder && holder.serial !== errand.serial)
      throw CardRefused.ofAnother(errand.serial, asker, holder.serial);
    if (own.length === 0 || (host && notedMacs(host).includes(card))) return [...own, card];
    throw CardRefused.stranger(errand.serial, asker, own);
  }
  if (own.length > 0) throw CardRefused.stranger(errand.serial, asker, own);
  const isKnown = host !== undefined || predefined.has(errand.serial);
  if (leases === 'required' && asker.hasLease !== true && isKnown)
    throw CardRefused.withoutLease(errand.serial, asker);
  refuseSecond(host, errand, asker);
  return errand.kind === 'configuration' ? own : undefined;
}

/** What a host reported before leases were looked at is its own while it is in use: nobody takes it by a lease then. */
function holderOf(fleet: Fleet, mac: MacAddress): Host | undefined {
  const host = fleet.hostByMac(mac);
  return host && (host.cards !== undefined || keepsItsCards(host.state)) ? host : undefined;
}

/** Its system sets the address itself, on whichever of its interfaces, bonded or not. */
function asksFromItsOwnAddress(
  host: Host,
  { kind }: Errand,
  { address, leasedTo, hasLease }: Asker,
): boolean {
  if (address === undefined || (leasedTo !== undefined && hasLease === true)) return false;
  if (kind === 'configuration' && !keepsItsCards(host.state)) return false;
  return address === host.internalAddress || Object.values(host.extraAddresses ?? {}).includes(address);
}

/** Where no lease tells them apart, a second machine under one name is kept from being installed while the first is. */
function refuseSecond(host: Host | undefined, { serial, macs = [] }: Errand, asker: Asker): void {
  if (host?.state !== 'installing' || macs.length === 0) return;
  const known = [...new Set([...cardsOf(host), ...notedMacs(host)])];
  if (known.length === 0 || macs.some((mac) => known.includes(mac))) return;
  throw CardRefused.second(serial, asker, macs, known);
}
