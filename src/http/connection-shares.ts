import type { LimitName } from '../limits.js';
import type { Client } from './http-request.js';
import { Tally } from './tally.js';

/** What of a client its share goes by. */
export type Sharer = Pick<Client, 'address' | 'isKnown'>;

export interface Shares {
  readonly inAll: number;
  readonly perAddress: number;
}

export interface Entry<C> {
  readonly isIn: boolean;
  /** Whose place it takes. */
  readonly instead?: C;
  /** The bound that was met. */
  readonly reached?: LimitName;
}

/**
 * Who has a connection, and who loses it when places are short: the one that has been idle for longest. A connection is idle from
 * its beginning, or from the end of an answer, until a whole request has come: one that trickles is idle as well.
 */
export class ConnectionShares<C extends Sharer> {
  readonly #all = new Set<C>();
  readonly #ofAddress = new Tally();
  /** In the order in which they became idle, or began to work. */
  readonly #idle = { strangers: new Set<C>(), known: new Set<C>() };
  readonly #workingStrangers = new Set<C>();

  get size(): number {
    return this.#all.size;
  }

  enter(newcomer: C, { inAll, perAddress }: Shares): Entry<C> {
    const { address } = newcomer;
    if (this.#ofAddress.of(address) >= perAddress)
      return this.#replace(newcomer, this.#idlestOf(address), 'http-connections-per-address');
    if (this.#all.size >= inAll)
      return this.#replace(newcomer, this.#mostDispensable(newcomer), 'http-connections');
    this.#take(newcomer);
    return { isIn: true };
  }

  /** A whole request has come. */
  begin(connection: C): void {
    if (!this.#all.has(connection)) return;
    this.#idleLike(connection).delete(connection);
    if (!connection.isKnown) this.#workingStrangers.add(connection);
  }

  /** It is answered. */
  end(connection: C): void {
    if (!this.#all.has(connection)) return;
    this.#workingStrangers.delete(connection);
    this.#idleLike(connection).add(connection);
  }

  leave(connection: C): void {
    if (!this.#all.delete(connection)) return;
    this.#ofAddress.add(connection.address, -1);
    this.#workingStrangers.delete(connection);
    this.#idleLike(connection).delete(connection);
  }

  #replace(newcomer: C, victim: C | undefined, reached: LimitName): Entry<C> {
    if (!victim) return { isIn: false, reached };
    // What a stranger had begun still holds something until it ends: it counts, but is not closed twice.
    if (!this.#workingStrangers.delete(victim)) this.leave(victim);
    this.#take(newcomer);
    return { isIn: true, instead: victim, reached };
  }

  /** Looked for and not kept: only who has all his share already makes it necessary. */
  #idlestOf(address: string): C | undefined {
    for (const idle of [this.#idle.strangers, this.#idle.known])
      for (const connection of idle) if (connection.address === address) return connection;
    return undefined;
  }

  #mostDispensable({ isKnown }: C): C | undefined {
    const idleStranger = first(this.#idle.strangers);
    if (idleStranger || !isKnown) return idleStranger;
    return first(this.#workingStrangers) ?? first(this.#idle.known);
  }

  #take(connection: C): void {
    this.#all.add(connection);
    this.#ofAddress.add(connection.address, 1);
    this.#idleLike(connection).add(connection);
  }

  #idleLike({ isKnown }: C): Set<C> {
    return isKnown ? this.#idle.known : this.#idle.strangers;
  }
}

function first<T>(set: ReadonlySet<T> | undefined): T | undefined {
  return set?.values().next().value;
}
