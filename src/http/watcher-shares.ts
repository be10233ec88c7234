import { Tally } from '../net/place-shares.js';

/** A program that reads or watches events. */
export interface Watcher {
  readonly address: string;
  /** Undefined for one who gives no name. */
  readonly operator: string | undefined;
}

export type WatcherLimit = 'event-watchers' | 'event-watchers-per-address' | 'event-watchers-per-operator';

/** How many watch at once: in all, from one address, and of one operator. */
export class WatcherShares {
  readonly #ofAddress = new Tally();
  readonly #ofOperator = new Tally();

  /** @returns the bound that it met; undefined when it is in */
  enter(watcher: Watcher, most: Readonly<Record<WatcherLimit, number>>): WatcherLimit | undefined {
    const { address, operator } = watcher;
    if (operator !== undefined && this.#ofOperator.of(operator) >= most['event-watchers-per-operator'])
      return 'event-watchers-per-operator';
    if (this.#ofAddress.of(address) >= most['event-watchers-per-address'])
      return 'event-watchers-per-address';
    if (this.#ofAddress.total >= most['event-watchers']) return 'event-watchers';
    this.#add(watcher, 1);
    return undefined;
  }

  leave(watcher: Watcher): void {
    this.#add(watcher, -1);
  }

  #add({ address, operator }: Watcher, amount: 1 | -1): void {
    this.#ofAddress.add(address, amount);
    if (operator !== undefined) this.#ofOperator.add(operator, amount);
  }
}
