import type { MacAddress } from '../net/mac-address.js';
import type { StaticBoot } from './static-boot.js';

/** Machines that have fetched some of the files and not yet all; who began longest ago begins anew. */
const MOST_FETCHING = 10_000;

/** Which files of a boot a machine has as a whole. */
export class FetchedFiles {
  readonly #names = new Map<string, Set<string>>();

  /** Whether the machine has all of them now; then it begins anew. */
  has({ id, files }: Pick<StaticBoot, 'id' | 'files'>, file: string, mac: MacAddress): boolean {
    const key = `${id} ${mac}`;
    const names = this.#names.get(key) ?? new Set();
    names.add(file);
    this.#names.delete(key);
    if (files.every(({ name }) => names.has(name))) return true;
    this.#names.set(key, names);
    const [oldest] = this.#names.keys();
    if (this.#names.size > MOST_FETCHING && oldest !== undefined) this.#names.delete(oldest);
    return false;
  }

  forget(id: string): void {
    for (const key of this.#names.keys()) if (key.startsWith(`${id} `)) this.#names.delete(key);
  }
}
