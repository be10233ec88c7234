import { cardsOf, notedMacs } from '../host/cards.js';
import type { Host } from '../host/host.js';
import type { FleetView } from '../host/host-store.js';
import { isInUse, keepsItsCards } from '../host/lifecycle.js';
import type { MacAddress } from '../net/mac-address.js';
import { CardRefused, ProofMissing } from './card-refused.js';
import type { Errand } from './errand.js';
import { KnownCards } from './known-cards.js';
import type { BootPlace, MachineProof, ProofLack } from './machine-proof.js';
import type { Asker } from './new-host-gate.js';
import { isAddressOf, lackOfNeighbour, proveCapability } from './prove-capability.js';
import type { ProvisioningSettings } from './provisioning-settings.js';

/** On what ground somebody is let in. */
export interface Admission {
  /** The cards that the host has from now on; undefined where there is nothing to say of them. */
  readonly cards: readonly MacAddress[] | undefined;
  /** It is proven that it is the host, or it is the first that comes under its name. */
  readonly isProven: boolean;
  /** Nothing proves it, and `machines.proof` lets it pass: what is known of a host in use stays as it is. */
  readonly unproven?: ProofMissing;
  /** A capability proved it: where its boot goes on, if that is to be noted. */
  readonly capability?: { readonly place?: BootPlace };
}

type Fleet = Pick<FleetView, 'host' | 'hostByMac'>;
type Settings = Pick<ProvisioningSettings, 'leases' | 'predefined' | 'proof'>;

/**
 * Whether the asker is the machine in whose name it asks. Where imago leases, its lease tells: by a card of the host, or by the
 * first card of one that has none yet. What a machine says of its cards is believed of itself alone. Beyond that it has to be proven, see
 * docs/decisions/capabilities.md: by the capability in its URL, or by the card that the kernel sees at its address.
 * @throws CardRefused
 */
export function admitAsker(fleet: Fleet, errand: Errand, asker: Asker, settings: Settings): Admission {
  if (asker.isServer) return { cards: undefined, isProven: false };
  const { leases = 'none', proof: rule = 'off' } = settings;
  const host = fleet.host(errand.serial);
  const cards = new KnownCards(fleet, host, leases !== 'none');
  const { proof } = asker;
  if (proof === undefined || rule === 'off')
    return { cards: cardsByLease(host, errand, asker, cards, settings), isProven: false };

  const verdict = proveCapability(host, errand, asker, proof, cards);
  if (verdict.holds) {
    const { place } = verdict;
    return { cards: cardsOfBoot(errand, asker, cards), isProven: true, capability: place ? { place } : {} };
  }
  const believed = cardsByLease(host, errand, asker, cards, settings);
  const lack = lackOfCard(host, errand, asker, proof, cards);
  if (lack === undefined) return { cards: believed, isProven: true };
  const shown = verdict.lack === 'nothing' ? lack : verdict.lack;
  const unproven = ProofMissing.of(errand.serial, asker, shown);
  if (rule === 'required') throw unproven;
  return { cards: host && isInUse(host.state) ? undefined : believed, isProven: false, unproven };
}

/** By a lease, or by what a machine says where imago leases nothing. @throws CardRefused */
function cardsByLease(
  host: Host | undefined,
  errand: Errand,
  asker: Asker,
  cards: KnownCards,
  { leases = 'none', predefined }: Settings,
): readonly MacAddress[] | undefined {
  if (leases === 'none') {
    refuseSecond(host, errand, asker);
    return undefined;
  }
  const { own } = cards;
  const card = asker.leasedTo;
  if (card !== undefined && own.includes(card)) return own;
  if (host && asksFromItsOwnAddress(host, errand, asker)) return own.length > 0 ? own : undefined;
  if (card !== undefined) {
    refuseAnothers(errand, asker, card, cards);
    if (own.length === 0 || cards.isNoted(card)) return [...own, card];
    throw CardRefused.stranger(errand.serial, asker, own);
  }
  if (own.length > 0) throw CardRefused.stranger(errand.serial, asker, own);
  const isKnown = host !== undefined || predefined.has(errand.serial);
  if (leases === 'required' && asker.hasLease !== true && isKnown)
    throw CardRefused.withoutLease(errand.serial, asker);
  refuseSecond(host, errand, asker);
  return errand.kind === 'configuration' ? own : undefined;
}

/** Of a machine that a capability proves to be the host: the card that it holds its lease by is its own as well. @throws CardRefused */
function cardsOfBoot(errand: Errand, asker: Asker, cards: KnownCards): readonly MacAddress[] | undefined {
  const { own, areLeased } = cards;
  const { leasedTo, hasLease } = asker;
  if (!areLeased) return undefined;
  if (hasLease !== true || leasedTo === undefined) return own.length > 0 ? own : undefined;
  refuseAnothers(errand, asker, leasedTo, cards);
  return own.includes(leasedTo) ? own : [...own, leasedTo];
}

/** What there is against the asker, who shows no capability that holds: the card at its address tells. */
function lackOfCard(
  host: Host | undefined,
  errand: Errand,
  asker: Asker,
  { neighbour }: MachineProof,
  cards: KnownCards,
): ProofLack | undefined {
  const { leasedTo, hasLease } = asker;
  const isAtItsOwn = host !== undefined && asksFromItsOwnAddress(host, errand, asker);
  const isOwn = (card: MacAddress) => cards.isOwn(card);
  if (leasedTo !== undefined && !(isAtItsOwn && !cards.own.includes(leasedTo)))
    return lackOfNeighbour(neighbour, (card) => card === leasedTo || isOwn(card));
  if (hasLease === true && cards.areLeased)
    return lackOfNeighbour(neighbour, (card) => isOwn(card) || cards.isFree(card));
  if (cards.areUnknown && errand.kind === 'configuration') return undefined;
  const isSeen = neighbour !== 'other' && neighbour !== 'off-link';
  return isSeen ? lackOfNeighbour(neighbour, isOwn) : 'nothing';
}

/** @throws CardRefused */
function refuseAnothers({ serial }: Errand, asker: Asker, card: MacAddress, cards: KnownCards): void {
  const holder = cards.holderOf(card);
  if (holder) throw CardRefused.ofAnother(serial, asker, holder.serial);
}

/** Its system sets the address itself, on whichever of its interfaces, bonded or not. */
function asksFromItsOwnAddress(host: Host, { kind }: Errand, asker: Asker): boolean {
  if (asker.leasedTo !== undefined && asker.hasLease === true) return false;
  if (kind === 'configuration' && !keepsItsCards(host.state)) return false;
  return isAddressOf(host, asker);
}

/** Where no lease tells them apart, a second machine under one name is kept from being installed while the first is. */
function refuseSecond(host: Host | undefined, { serial, macs = [] }: Errand, asker: Asker): void {
  if (host?.state !== 'installing' || macs.length === 0) return;
  const known = [...new Set([...cardsOf(host), ...notedMacs(host)])];
  if (known.length === 0 || macs.some((mac) => known.includes(mac))) return;
  throw CardRefused.second(serial, asker, macs, known);
}
