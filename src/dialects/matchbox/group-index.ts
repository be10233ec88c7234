import { byteOrder } from './go-json.js';
import type { Group } from './group.js';
import type { Labels } from './labels.js';

interface Placed {
  readonly name: string;
  readonly group: Group;
  readonly pairs: readonly (readonly [name: string, value: string])[];
  /** Texts that compare, by `<`, as what they stand for does by its bytes. */
  readonly selectorOrder: string;
  readonly nameOrder: string;
}

/**
 * Groups by the rarest pair of each selector, so that a machine is compared with few of them, however many there are. The group
 * of a machine is, of those whose pairs all equal a label, the one with most pairs; of equally many the one whose sorted
 * `name=value,…` is last; of equal ones the one whose name is first. A label that a machine has not is an empty one.
 */
export class GroupIndex {
  readonly #placed = new Map<string, Placed>();
  /** How many groups have a pair. */
  readonly #counts = new Map<string, number>();
  /** By the pair that was the rarest when they came; the first that matches comes first. */
  readonly #buckets = new Map<string, Placed[]>();
  readonly #bucketOf = new Map<Placed, string>();

  constructor(groups: Iterable<readonly [name: string, group: Group]> = []) {
    const all = Array.from(groups, ([name, group]) => placed(name, group));
    for (const each of all) this.#count(each, 1);
    for (const each of all) this.#insert(each);
  }

  get size(): number {
    return this.#placed.size;
  }

  /** In place of the one of that name. */
  put(name: string, group: Group): void {
    this.remove(name);
    const added = placed(name, group);
    this.#count(added, 1);
    this.#insert(added);
  }

  remove(name: string): void {
    const gone = this.#placed.get(name);
    if (!gone) return;
    const pair = this.#bucketOf.get(gone) ?? ANY;
    const bucket = this.#buckets.get(pair) ?? [];
    bucket.splice(bucket.indexOf(gone), 1);
    if (bucket.length === 0) this.#buckets.delete(pair);
    this.#bucketOf.delete(gone);
    this.#placed.delete(name);
    this.#count(gone, -1);
  }

  find(labels: Labels): Group | undefined {
    let best = firstMatch(this.#buckets.get(ANY), labels);
    for (const [name, value] of labels) {
      const found = firstMatch(this.#buckets.get(keyOf(name, value)), labels);
      if (found && (!best || compare(found, best) < 0)) best = found;
    }
    return best?.group;
  }

  #insert(added: Placed): void {
    const pair = this.#rarest(added);
    const bucket = this.#buckets.get(pair) ?? [];
    bucket.splice(placeIn(bucket, added), 0, added);
    this.#buckets.set(pair, bucket);
    this.#bucketOf.set(added, pair);
    this.#placed.set(added.name, added);
  }

  /** An empty value also matches a machine that says nothing of the kind: no label leads to it. */
  #rarest({ pairs }: Placed): string {
    const keys = pairs.filter(([, value]) => value !== '').map(([name, value]) => keyOf(name, value));
    const counts = keys.map((key) => this.#counts.get(key) ?? 0);
    return keys[counts.indexOf(Math.min(...counts))] ?? ANY;
  }

  #count({ pairs }: Placed, by: 1 | -1): void {
    for (const [name, value] of pairs) {
      const key = keyOf(name, value);
      const count = (this.#counts.get(key) ?? 0) + by;
      if (count > 0) this.#counts.set(key, count);
      else this.#counts.delete(key);
    }
  }
}

/** No pair: the bucket of groups that no label leads to. */
const ANY = '';

function keyOf(name: string, value: string): string {
  return `${name.length}:${name}=${value}`;
}

function placed(name: string, group: Group): Placed {
  const pairs = Object.entries(group.selector);
  const texts = pairs.map(([label, value]) => byteOrder(`${label}=${value}`));
  return {
    name,
    group,
    pairs,
    selectorOrder: texts.sort((a, b) => (a < b ? -1 : 1)).join(','),
    nameOrder: byteOrder(name),
  };
}

function firstMatch(bucket: readonly Placed[] | undefined, labels: Labels): Placed | undefined {
  return bucket?.find(({ pairs }) => pairs.every(([name, value]) => (labels.get(name) ?? '') === value));
}

/** Negative where `a` comes before `b`. */
function compare(a: Placed, b: Placed): number {
  if (a.pairs.length !== b.pairs.length) return b.pairs.length - a.pairs.length;
  if (a.selectorOrder !== b.selectorOrder) return a.selectorOrder > b.selectorOrder ? -1 : 1;
  return a.nameOrder < b.nameOrder ? -1 : 1;
}

/** Where it is to stand among those that are in order. */
function placeIn(bucket: readonly Placed[], added: Placed): number {
  let [low, high] = [0, bucket.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = bucket[middle];
    if (there && compare(there, added) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
