import type { Serial } from '../host/serial.js';

/**
 * Which hosts name a key as theirs, in the order in which they began to, or came into use. There should be one; a stranger may claim another
 * machine's all the same, and what it claims must not be lost to the holder when it gives it up.
 */
export class Claims<K> {
  readonly #first: Map<K, Serial>;
  /** Those who came after the first: hardly any key has them. */
  readonly #later: Map<K, readonly Serial[]>;

  /** @param other to begin with a copy of, in its order */
  constructor(other?: Claims<K>) {
    this.#first = new Map(other ? other.#first : []);
    this.#later = new Map(other ? other.#later : []);
  }

  add(key: K, serial: Serial): void {
    const first = this.#first.get(key);
    if (first === undefined) this.#first.set(key, serial);
    else if (first !== serial) this.#keepLater(key, [...this.#without(key, serial), serial]);
  }

  remove(key: K, serial: Serial): void {
    if (this.#first.get(key) !== serial) {
      this.#keepLater(key, this.#without(key, serial));
      return;
    }
    const [next, ...rest] = this.#later.get(key) ?? [];
    if (next === undefined) this.#first.delete(key);
    else this.#first.set(key, next);
    this.#keepLater(key, rest);
  }

  /** It comes after all others from now on: it has come into use later than they. */
  renew(key: K, serial: Serial): void {
    if (!this.#later.has(key)) return;
    this.remove(key, serial);
    this.add(key, serial);
  }

  /** The first that the first of `preferences` holds for which any does; where there is none, the last of all. */
  holder(key: K, ...preferences: readonly ((serial: Serial, key: K) => boolean)[]): Serial | undefined {
    const first = this.#first.get(key);
    const later = this.#later.get(key);
    if (first === undefined || later === undefined) return first;
    const all = [first, ...later];
    for (const isPreferred of preferences) {
      const preferred = all.find((serial) => isPreferred(serial, key));
      if (preferred !== undefined) return preferred;
    }
    return all.at(-1);
  }

  #without(key: K, serial: Serial): readonly Serial[] {
    return (this.#later.get(key) ?? []).filter((other) => other !== serial);
  }

  #keepLater(key: K, serials: readonly Serial[]): void {
    if (serials.length === 0) this.#later.delete(key);
    else this.#later.set(key, serials);
  }
}
