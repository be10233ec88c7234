import { rangeContains, toIpv4, type AddressRange, type Ipv4, type Subnet } from '../net/ipv4.js';
import type { ClientKey, Lease } from './lease.js';

/** The addresses that clients of one network are given. */
export interface PoolSettings {
  readonly subnet: Subnet;
  /** Undefined for a network of fixed addresses only. */
  readonly range: AddressRange | undefined;
  /** Addresses inside the range that belong to somebody: the server, routers, reservations, hosts. */
  readonly excluded: (address: Ipv4) => boolean;
}

/** An address that could be given out. `reused`: another client had it before, and might still use it. */
export interface Candidate {
  readonly address: Ipv4;
  readonly reused: boolean;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** A lease as the table keeps it: changed in place, so that a renewal allocates nothing. */
export type LeaseRecord = Mutable<Lease> & Expiring;

/** One network's leases: by client, by age, and where the addresses begin that nobody has had yet. */
export class LeasePool {
  readonly byKey = new Map<ClientKey, LeaseRecord>();
  readonly #ages = new ExpiryHeap<LeaseRecord>();
  #nextFresh: number;

  constructor(readonly settings: PoolSettings) {
    this.#nextFresh = settings.range?.first ?? 0;
  }

  /** Whether the address may be leased to anyone. */
  isDynamic(address: Ipv4): boolean {
    const { range, excluded } = this.settings;
    return range !== undefined && rangeContains(range, address) && !excluded(address);
  }

  add(record: LeaseRecord): void {
    this.byKey.set(record.key, record);
    // A fixed address is never given to another client: it does not wait for its end.
    if (this.isDynamic(record.address)) this.#ages.add(record);
  }

  rekey(record: LeaseRecord, key: ClientKey): void {
    this.forget(record);
    record.key = key;
    this.byKey.set(key, record);
  }

  forget(record: LeaseRecord): void {
    if (this.byKey.get(record.key) === record) this.byKey.delete(record.key);
  }

  remove(record: LeaseRecord): void {
    this.forget(record);
    if (record.heapIndex >= 0) this.#ages.remove(record);
  }

  ageChanged(record: LeaseRecord): void {
    if (record.heapIndex >= 0) this.#ages.moved(record);
  }

  /** An address that nobody ever had, else the one that has been out of use for longest. */
  candidate(isLeased: (address: Ipv4) => boolean, now: number): Candidate | undefined {
    const { range, excluded } = this.settings;
    if (range === undefined) return undefined;
    while (this.#nextFresh <= range.last) {
      const address = toIpv4(this.#nextFresh);
      if (!isLeased(address) && !excluded(address)) return { address, reused: false };
      this.#nextFresh += 1;
    }
    const oldest = this.#ages.first();
    if (oldest === undefined || oldest.expiresAt > now) return undefined;
    return { address: oldest.address, reused: true };
  }
}

/** Something with an end that can find its own place in the heap. */
export interface Expiring {
  expiresAt: number;
  /** Owned by the heap; -1 outside of it. */
  heapIndex: number;
}

/** A binary heap, the one that ends first on top. Every operation costs at most log2(size) steps. */
export class ExpiryHeap<T extends Expiring> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  first(): T | undefined {
    return this.#items[0];
  }

  add(item: T): void {
    item.heapIndex = this.#items.length;
    this.#items.push(item);
    this.#rise(item);
  }

  /** To be called after `expiresAt` of an item in the heap has changed. */
  moved(item: T): void {
    this.#rise(item);
    this.#sink(item);
  }

  remove(item: T): void {
    const last = this.#items.pop();
    if (last !== undefined && last !== item) {
      this.#place(last, item.heapIndex);
      this.moved(last);
    }
    item.heapIndex = -1;
  }

  #rise(item: T): void {
    let index = item.heapIndex;
    while (index > 0) {
      const parentIndex = (index - 1) >>> 1;
      const parent = this.#items[parentIndex];
      if (parent === undefined || parent.expiresAt <= item.expiresAt) break;
      this.#place(parent, index);
      index = parentIndex;
    }
    this.#place(item, index);
  }

  #sink(item: T): void {
    let index = item.heapIndex;
    for (;;) {
      const left = this.#items[2 * index + 1];
      const right = this.#items[2 * index + 2];
      const child =
        right !== undefined && left !== undefined && right.expiresAt < left.expiresAt ? right : left;
      if (child === undefined || child.expiresAt >= item.expiresAt) break;
      const childIndex = child.heapIndex;
      this.#place(child, index);
      index = childIndex;
    }
    this.#place(item, index);
  }

  #place(item: T, index: number): void {
    this.#items[index] = item;
    item.heapIndex = index;
  }
}
