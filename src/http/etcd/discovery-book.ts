import { randomBytes } from 'node:crypto';
import { ClusterLedger, type ClusterLimits } from './cluster-ledger.js';
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
/** Of one token, for those who ask for what they missed; in characters. */
const REMEMBERED = 64 * 1024;
/** How often clusters are looked for that nobody needs. */
const SWEEP_MS = 60_000;

export type Refusal = 'clusters' | 'share' | 'members' | 'bytes';

export interface BookParts {
  readonly store: DiscoveryStore;
  /** Whether a host or profile has the token: its registry comes into being when it is first asked for, and is never dropped. */
  readonly isKnown: (token: string) => boolean;
  /** How many members a cluster begins with whose token does not say. */
  readonly defaultSize: () => number;
  readonly limits: () => ClusterLimits;
  /** In milliseconds. */
  readonly now: () => number;
  readonly tell: {
    readonly kept: (clusters: number) => void;
    readonly refused: (refusal: Refusal, why: string) => void;
    readonly dropped: (tokens: readonly string[]) => void;
  };
}

type Watcher = (event: DiscoveryEvent) => void;

/** All registries: each change is durable before anybody hears of it. Anybody may make one, so their number has an end. */
export class DiscoveryBook {
  readonly #open = new Map<string, Promise<Registry>>();
  readonly #ledger: ClusterLedger;
  #filled: Promise<void> | undefined;
  #sweptMs = -Infinity;

  constructor(private readonly parts: BookParts) {
    this.#ledger = new ClusterLedger(parts.limits);
  }

  /**
   * A new token. Where there is no room for it, one goes that nobody joined.
   * @param client Who asks for it: each has a share.
   * @throws EtcdError when there are too many
   */
  async create(client: string, size: number = this.parts.defaultSize()): Promise<string> {
    await this.#fill();
    await this.#sweep();
    for (let way = this.#inTheWayOf(client); way !== undefined; way = this.#inTheWayOf(client)) {
      const token = way;
      if (await this.#drop(token, () => this.#ledger.isEmpty(token))) this.parts.tell.dropped([token]);
    }
    const token = randomBytes(16).toString('hex');
    // Its place is taken before it is written: others ask at the same time.
    this.#note(newDiscovery(token, size), client);
    try {
      await this.parts.store.save(newDiscovery(token, size));
    } catch (error) {
      this.#forget(token);
      throw error;
    }
    // It may have made room for another meanwhile.
    if (!this.#ledger.has(token)) await this.parts.store.drop(token);
    return token;
  }

  /** @throws EtcdError when nobody knows the token */
  async find(token: string): Promise<Discovery> {
    return (await this.#registry(token)).discovery;
  }

  /** Carried out one after the other; what `decide` throws leaves everything as it was. */
  async change(token: string, decide: (discovery: Discovery) => DiscoveryChange): Promise<DiscoveryChange> {
    const registry = await this.#registry(token);
    return registry.change((before) => this.#watched(() => decide(before)));
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
    await this.#fill();
    const stored = this.#ledger.has(token) ? await this.parts.store.load(token) : undefined;
    if (!stored && !this.parts.isKnown(token)) throw new EtcdError(100, keyOf(token), 0);
    const keep = (before: Discovery, after: Discovery) => this.#keep(before, after);
    return new Registry(stored ?? newDiscovery(token, this.parts.defaultSize()), keep);
  }

  async #keep(before: Discovery, after: Discovery): Promise<void> {
    const { token, index } = before;
    const more = bytesOf(after) - this.#ledger.bytesOf(token);
    if (more > 0 && this.#ledger.isHeavy(more) && !this.parts.isKnown(token))
      this.#refuse('bytes', 'imago keeps no more for all clusters together: delete members or wait', index);
    await this.parts.store.save(after);
    this.#note(after);
  }

  #note(discovery: Discovery, client?: string): void {
    const { token, members, index } = discovery;
    const isJoined = members.length > 0 || index > 1;
    this.#ledger.note(token, { bytes: bytesOf(discovery), isJoined, changedMs: this.parts.now(), client });
    this.parts.tell.kept(this.#ledger.size);
  }

  #forget(token: string): void {
    this.#ledger.forget(token);
    this.parts.tell.kept(this.#ledger.size);
  }

  /** What was there before imago started. */
  #fill(): Promise<void> {
    this.#filled ??= this.#readAll();
    return this.#filled;
  }

  async #readAll(): Promise<void> {
    try {
      for (const [token, entry] of await this.parts.store.list()) this.#ledger.note(token, entry);
      this.parts.tell.kept(this.#ledger.size);
    } catch (error) {
      this.#filled = undefined; // the next one tries again
      throw error;
    }
  }

  /** Drops what nobody ever joined; where there is no room left, also what nobody changed for very long. */
  async #sweep(): Promise<void> {
    const now = this.parts.now();
    if (now - this.#sweptMs < SWEEP_MS) return;
    this.#sweptMs = now;
    const dropped: string[] = [];
    for (const token of this.#ledger.tokens()) {
      const isOver = () =>
        this.#ledger.isUnused(token, now) || (this.#ledger.isFull && this.#ledger.isIdle(token, now));
      if (!isOver() || this.parts.isKnown(token)) continue;
      if (await this.#drop(token, isOver)) dropped.push(token);
    }
    if (dropped.length > 0) this.parts.tell.dropped(dropped);
  }

  /** What has to go before the client gets another cluster; undefined when there is room. @throws EtcdError when nothing can go */
  #inTheWayOf(client: string): string | undefined {
    const hasShare = this.#ledger.hasShare(client);
    if (!hasShare && !this.#ledger.isFull) return undefined;
    // A few empty ones would not make it light.
    const ways = this.#ledger.isHeavy(0) ? [] : this.#ledger.inTheWayOf(client);
    const way = ways.find((token) => !this.parts.isKnown(token));
    if (way !== undefined) return way;
    return hasShare
      ? this.#refuse('share', this.#shareText(), 0)
      : this.#refuse('clusters', this.#fullText(), 0);
  }

  async #drop(token: string, isOver: () => boolean): Promise<boolean> {
    const drop = async () => {
      if (!isOver()) return false;
      this.#open.delete(token);
      this.#forget(token);
      await this.parts.store.drop(token);
      return true;
    };
    // Of what is only in the ledger its file may be damaged: it is not opened. Nothing may open it between this look and the dropping.
    const opening = this.#open.get(token);
    if (!opening) return drop();
    const open = await opening.catch(() => undefined);
    return open ? open.endWith(drop) : this.#drop(token, isOver);
  }

  #watched<T>(decide: () => T): T {
    try {
      return decide();
    } catch (error) {
      if (error instanceof EtcdError && error.errorCode === 103)
        this.parts.tell.refused('members', error.reason);
      throw error;
    }
  }

  #fullText(): string {
    const { clusters } = this.parts.limits();
    return `imago keeps ${clusters} clusters, and has so many that were joined: they go when nobody changed them for long; raise etcd.maxClusters for more`;
  }

  #shareText(): string {
    const { clustersPerClient } = this.parts.limits();
    return `imago keeps ${clustersPerClient} clusters for one client, and has so many of this one: raise etcd.maxClustersPerClient for more`;
  }

  #refuse(refusal: Refusal, why: string, index: number): never {
    this.parts.tell.refused(refusal, why);
    throw new EtcdError(103, why, index);
  }
}

function bytesOf(discovery: Discovery): number {
  return Buffer.byteLength(JSON.stringify(discovery));
}

class Registry {
  readonly #watchers = new Set<Watcher>();
  #events: readonly DiscoveryEvent[];
  #queue: Promise<unknown> = Promise.resolve();
  #hasEnded = false;

  constructor(
    public discovery: Discovery,
    private readonly save: (before: Discovery, after: Discovery) => Promise<void>,
  ) {
    this.#events = discovery.members.map((member) => ({ action: 'create', member }));
  }

  change(decide: (discovery: Discovery) => DiscoveryChange): Promise<DiscoveryChange> {
    return this.#inTurn(async () => {
      const change = decide(this.discovery);
      await this.#keep(change.discovery);
      this.#events = latest([...this.#events, change.event]);
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

  /** Nothing is changed any more once `drop` has dropped it. */
  endWith(drop: () => Promise<boolean>): Promise<boolean> {
    return this.#inTurn(async () => {
      this.#hasEnded = await drop();
      return this.#hasEnded;
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
    if (this.#hasEnded) throw new EtcdError(100, keyOf(discovery.token), discovery.index);
    await this.save(this.discovery, discovery);
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

/** As many of the newest as are remembered. */
function latest(events: readonly DiscoveryEvent[]): readonly DiscoveryEvent[] {
  let characters = 0;
  let first = events.length;
  while (first > 0 && characters < REMEMBERED) {
    first -= 1;
    const { member } = events[first] ?? { member: { id: '', value: '' } };
    characters += member.id.length + member.value.length + 100;
  }
  return events.slice(first);
}
