import { cardsOf, notedMacs } from '../host/cards.js';
import type { Host } from '../host/host.js';
import type { FleetView } from '../host/host-store.js';
import { keepsItsCards } from '../host/lifecycle.js';
import type { MacAddress } from '../net/mac-address.js';

/** Whose network card is whose, as one host is concerned. */
export class KnownCards {
  /** Those that tell the host from others. */
  readonly own: readonly MacAddress[];

  /** @param areLeased Whether imago leases to cards. */
  constructor(
    private readonly fleet: Pick<FleetView, 'hostByMac'>,
    private readonly host: Host | undefined,
    readonly areLeased: boolean,
  ) {
    this.own = host ? cardsOf(host).filter((card) => fleet.hostByMac(card)?.serial === host.serial) : [];
  }

  /** Whether nothing is known of the host's cards: whoever comes first under its name is believed. */
  get areUnknown(): boolean {
    return this.own.length === 0 && (this.host === undefined || notedMacs(this.host).length === 0);
  }

  /** One of its cards, or one that it reported and that is no other host's. */
  isOwn(card: MacAddress): boolean {
    return this.own.includes(card) || (this.isNoted(card) && this.holderOf(card) === undefined);
  }

  isNoted(card: MacAddress): boolean {
    return this.host !== undefined && notedMacs(this.host).includes(card);
  }

  /** No host's. */
  isFree(card: MacAddress): boolean {
    return this.fleet.hostByMac(card) === undefined;
  }

  /** Which other host it belongs to. What a host reported before leases were looked at is its own while it is in use: nobody takes it by a lease then. */
  holderOf(card: MacAddress): Host | undefined {
    const holder = this.fleet.hostByMac(card);
    if (holder === undefined || holder.serial === this.host?.serial) return undefined;
    return holder.cards !== undefined || keepsItsCards(holder.state) ? holder : undefined;
  }
}
