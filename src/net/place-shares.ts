/** What of a client its share goes by. */
export interface Sharer {
  readonly address: string;
  /** The address is leased, or a host's: those go before strangers. */
  readonly isKnown: boolean;
}

export interface Shares {
  readonly inAll: number;
  readonly perAddress: number;
}

interface Entry<C, Limit> {
  readonly isIn: boolean;
  /** Whose place it takes. */
  readonly instead?: C;
  /** The bound that was met. */
  readonly reached?: Limit;
}

/**
 * Who has a place (a connection, a question), and who loses it when places are short: the one that has been idle for longest, a stranger
 * first. A connection is idle from its beginning, or from the end of an answer, until a whole request has come: one that trickles is idle
 * as well.
 */
export class PlaceShares<C extends Sharer, Limit extends string> {
  readonly #all = new Set<C>();
  readonly #ofAddress = new Tally();
  /** In the order in which they became idle, or began to work. */
  readonly #idle = { strangers: new Set<C>(), known: new Set<C>() };
  readonly #workingStrangers = new Set<C>();

  /** @param names What the bounds are called. */
  constructor(private readonly names: Readonly<Record<keyof Shares, Limit>>) {}

  get size(): number {
    return this.#all.size;
  }

  all(): Iterable<C> {
    return this.#all;
  }

  enter(newcomer: C, { inAll, perAddress }: Shares): Entry<C, Limit> {
    const { address } = newcomer;
    if (this.#ofAddress.of(address) >= perAddress)
      return this.#replace(newcomer, this.#idlestOf(address), this.names.perAddress);
    if (this.#all.size >= inAll)
      return this.#replace(newcomer, this.#mostDispensable(newcomer), this.names.inAll);
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

  #replace(newcomer: C, victim: C | undefined, reached: Limit): Entry<C, Limit> {
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

/** How much each one has of something; who has nothing is forgotten. */
export class Tally {
  readonly #amounts = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  of(name: string): number {
    return this.#amounts.get(name) ?? 0;
  }

  add(name: string, amount: number): void {
    const now = this.of(name) + amount;
    if (now === 0) this.#amounts.delete(name);
    else this.#amounts.set(name, now);
    this.#total += amount;
  }
}
