import { randomBytes } from 'node:crypto';
import type { DiscoveryStore } from './discovery-files.js';
import {
  keyOf,
  newDiscovery,
  type Discovery,
  type DiscoveryChange,
  type DiscoveryEvent,
} from './discovery.js';
import { EtcdError } from './etcd-error.js';

const TOKEN = /^[A-Za-z0-9]{1,64}$/;
/** Of one token, for those who ask for what they missed. */
const REMEMBERED_EVENTS = 1000;

type Watcher = (event: DiscoveryEvent) => void;

/** All registries: each change is durable before anybody hears of it. */
export class DiscoveryBook {
  readonly #open = new Map<string, Promise<Registry>>();

  /**
   * @param isKnown Whether a host or profile has the token: its registry comes into being when it is first asked for.
   * @param defaultSize How many members a cluster begins with whose token does not say.
   */
  constructor(
    private readonly store: DiscoveryStore,
    private readonly isKnown: (token: string) => boolean,
    private readonly defaultSize: () => number,
  ) {}

  /** A new token. */
  async create(size: number = this.defaultSize()): Promise<string> {
    const token = randomBytes(16).toString('hex');
    await this.store.save(newDiscovery(token, size));
    return token;
  }

  /** @throws EtcdError when nobody knows the token */
  async find(token: string): Promise<Discovery> {
    return (await this.#registry(token)).discovery;
  }

  /** Carried out one after the other; what `decide` throws leaves everything as it was. */
  async change(token: string, decide: (discovery: Discovery) => DiscoveryChange): Promise<DiscoveryChange> {
    const registry = await this.#registry(token);
    return registry.change(decide);
  }

  async setSize(token: string, size: number): Promise<Discovery> {
    const registry = await this.#registry(token);
    return registry.setSize(size);
  }

  /**
   * The first event from `fromIndex` on that fits, now or later; undefined when `signal` ends the wait.
   * @param memberId Only events of this member.
   */
  async waitFor(
    token: string,
    { fromIndex, memberId }: { fromIndex: number | undefined; memberId?: string | undefined },
    signal: AbortSignal,
  ): Promise<DiscoveryEvent | undefined> {
    const registry = await this.#registry(token);
    return registry.waitFor(
      ({ member }) =>
        member.modifiedIndex >= (fromIndex ?? 0) && (memberId === undefined || member.id === memberId),
      fromIndex !== undefined,
      signal,
    );
  }

  #registry(token: string): Promise<Registry> {
    const open = this.#open.get(token);
    if (open) return open;
    const opening = this.#load(token);
    this.#open.set(token, opening);
    // A token that nobody knows yet may be known later, and must not fill the memory.
    opening.catch(() => this.#open.delete(token));
    return opening;
  }

  async #load(token: string): Promise<Registry> {
    if (!TOKEN.test(token)) throw new EtcdError(100, keyOf('?'), 0);
    const stored = await this.store.load(token);
    if (!stored && !this.isKnown(token)) throw new EtcdError(100, keyOf(token), 0);
    return new Registry(stored ?? newDiscovery(token, this.defaultSize()), this.store);
  }
}

class Registry {
  readonly #watchers = new Set<Watcher>();
  #events: readonly DiscoveryEvent[];
  #queue: Promise<unknown> = Promise.resolve();

  constructor(
    public discovery: Discovery,
    private readonly store: DiscoveryStore,
  ) {
    this.#events = discovery.members.map((member) => ({ action: 'create', member }));
  }

  change(decide: (discovery: Discovery) => DiscoveryChange): Promise<DiscoveryChange> {
    return this.#inTurn(async () => {
      const change = decide(this.discovery);
      await this.#keep(change.discovery);
      this.#events = [...this.#events, change.event].slice(-REMEMBERED_EVENTS);
      for (const watcher of this.#watchers) watcher(change.event);
      return change;
    });
  }

  setSize(size: number): Promise<Discovery> {
    return this.#inTurn(async () => {
      await this.#keep({ ...this.discovery, size, index: this.discovery.index + 1 });
      return this.discovery;
    });
  }

  waitFor(
    fits: (event: DiscoveryEvent) => boolean,
    isPastWanted: boolean,
    signal: AbortSignal,
  ): Promise<DiscoveryEvent | undefined> {
    const past = isPastWanted ? this.#events.find(fits) : undefined;
    if (past || signal.aborted) return Promise.resolve(past);
    return new Promise((resolve) => {
      const settle = (event: DiscoveryEvent | undefined) => {
        this.#watchers.delete(watcher);
        signal.removeEventListener('abort', end);
        resolve(event);
      };
      const watcher: Watcher = (event) => {
        if (fits(event)) settle(event);
      };
      const end = () => settle(undefined);
      this.#watchers.add(watcher);
      signal.addEventListener('abort', end);
    });
  }

  async #keep(discovery: Discovery): Promise<void> {
    await this.store.save(discovery);
    this.discovery = discovery;
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const before = this.#queue;
    const turn = async () => {
      await before;
      return act();
    };
    const done = turn();
    this.#queue = done.catch((error: unknown) => error);
    return done;
  }
}
