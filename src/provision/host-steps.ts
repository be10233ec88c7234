import { isDeepStrictEqual } from 'node:util';
import type { ImagoError } from '../errors.js';
import type { RangeExhausted } from '../host/address-assignment.js';
import type { Host } from '../host/host.js';
import type { HostChange } from '../host/host-store.js';
import type { Admission } from './admit-asker.js';
import type { EtcdTokenAwaited } from './errors.js';

/** What is to be recorded, and the host as it is then. */
export interface HostPlan {
  /** The host as it was; undefined where that was not looked at. */
  readonly before?: Host;
  readonly host: Host;
  readonly changes: readonly HostChange[];
  /** Why the host cannot be configured yet; it is tried again when it asks again. A new one is not recorded then. */
  readonly shortage?: RangeExhausted | EtcdTokenAwaited;
  /** What an operator should put right though the machine can go on. */
  readonly warnings: readonly ImagoError[];
  /** On what ground a machine was let in that asked for it. */
  readonly admission?: Admission;
}

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

  plan(warnings: HostPlan['warnings'] = [], shortage?: HostPlan['shortage']): HostPlan {
    return { host: this.#host, changes: this.#changes, warnings, ...(shortage && { shortage }) };
  }

  /** A step that changes nothing is none. */
  take(what: string, patch: HostPatch): void {
    const news = newsOf(this.#host, patch);
    if (news.length === 0) return;
    this.#host = patched(this.#host, news);
    this.#changes.push({ host: this.#host, what });
  }
}

type News = readonly (readonly [field: string, value: unknown])[];

/** The fields whose value is another one then. */
function newsOf(host: Host, patch: HostPatch): News {
  const known = host as unknown as Readonly<Record<string, unknown>>;
  return Object.entries(patch).filter(
    ([field, value]) => known[field] !== value && !isDeepStrictEqual(known[field], value),
  );
}

function patched(host: Host, news: News): Host {
  const next: Record<string, unknown> = { ...host };
  for (const [field, value] of news) {
    if (value === undefined) delete next[field];
    else next[field] = value;
  }
  return next as unknown as Host;
}
