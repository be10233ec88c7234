import { isDeepStrictEqual } from 'node:util';
import type { Host } from '../host/host.js';
import type { HostChange } from '../host/host-store.js';

/** New values of a host's fields; undefined takes the field away. */
export type HostPatch = { readonly [Field in keyof Omit<Host, 'serial'>]?: Host[Field] | undefined };

/** Steps in the life of one machine, each on top of the one before. */
export class HostSteps {
  readonly #changes: HostChange[] = [];
  #host: Host;

  /** @param first What the host's appearance is recorded as, when it is new. */
  constructor(host: Host, first?: string) {
    this.#host = host;
    if (first !== undefined) this.#changes.push({ host, what: first });
  }

  get host(): Host {
    return this.#host;
  }

  get changes(): readonly HostChange[] {
    return this.#changes;
  }

  /** A step that changes nothing is none. */
  take(what: string, patch: HostPatch): void {
    const next = patched(this.#host, patch);
    if (isDeepStrictEqual(next, this.#host)) return;
    this.#host = next;
    this.#changes.push({ host: next, what });
  }
}

function patched(host: Host, patch: HostPatch): Host {
  const kept = Object.entries({ ...host, ...patch }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as unknown as Host;
}
