import type { Ipv4 } from '../net/ipv4.js';

/** What is needed of a transfer here. */
export interface Waiting {
  readonly peer: { readonly address: Ipv4 };
  /** Undefined while its file is being opened. */
  readonly session: { readonly isAnswered: boolean } | undefined;
}

/**
 * Transfers whose clients had confirmed nothing when they were looked at last, by address: in a flood of requests one of them goes for each
 * that comes, so that none may take a look at all of them.
 */
export class Unanswered<W extends Waiting> {
  /** Of each address, the oldest first. */
  readonly #groups = new Map<Ipv4, Set<W>>();
  /** The groups of each size, by size. */
  readonly #bySize: Set<Set<W>>[] = [];

  add(waiting: W): void {
    const { address } = waiting.peer;
    const group = this.#groups.get(address) ?? new Set();
    this.#groups.set(address, group);
    this.#resize(group, () => group.add(waiting));
  }

  delete(waiting: W): void {
    const { address } = waiting.peer;
    const group = this.#groups.get(address);
    if (!group?.has(waiting)) return;
    this.#resize(group, () => group.delete(waiting));
    if (group.size === 0) this.#groups.delete(address);
  }

  /** The oldest of the address that has most: a flood from few addresses drives out itself. One whose file is being opened stays. */
  next(): W | undefined {
    for (let size = this.#bySize.length - 1; size > 0; size -= 1) {
      for (const group of this.#bySize[size] ?? []) {
        for (const waiting of group) {
          if (waiting.session?.isAnswered === false) return waiting;
          if (waiting.session) this.delete(waiting);
        }
      }
    }
    return undefined;
  }

  #resize(group: Set<W>, change: () => void): void {
    this.#bySize[group.size]?.delete(group);
    change();
    if (group.size > 0) (this.#bySize[group.size] ??= new Set()).add(group);
  }
}
