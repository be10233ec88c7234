import { ChangesTooOld } from '../../src/host/changes-too-old.js';
import type { HostArchive, LogFilter, LoggedChange } from '../../src/host/host-archive.js';
import { cardsOf } from '../../src/host/cards.js';
import type { Host } from '../../src/host/host.js';
import type {
  Author,
  FleetView,
  HistoryEntry,
  HostChange,
  HostStore,
  RecordedChange,
  StoreHealth,
} from '../../src/host/host-store.js';
import { isInUse } from '../../src/host/lifecycle.js';
import type { Serial } from '../../src/host/serial.js';
import { StoreUnavailable } from '../../src/host/store-unavailable.js';
import { UnknownRevision } from '../../src/host/unknown-revision.js';
import type { Ipv4 } from '../../src/net/ipv4.js';
import type { MacAddress } from '../../src/net/mac-address.js';

/** The store's semantics without a disk: changes one after the other, nothing seen before it is applied. */
export class InMemoryHostStore implements HostStore, HostArchive {
  readonly recorded: RecordedChange[] = [];
  readonly defaultEtcdClusterToken: string | undefined;
  readonly #hosts = new Map<Serial, Host>();
  readonly #watchers = new Set<(change: RecordedChange) => void>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(hosts: readonly Host[] = [], defaultEtcdClusterToken?: string) {
    this.defaultEtcdClusterToken = defaultEtcdClusterToken;
    for (const host of hosts) this.#hosts.set(host.serial, host);
  }

  get size(): number {
    return this.#hosts.size;
  }

  host(serial: Serial): Host | undefined {
    return this.#hosts.get(serial);
  }

  hostByMac(mac: MacAddress): Host | undefined {
    return (
      this.#find(({ cards }) => cards?.includes(mac) === true) ??
      this.#find((host) => cardsOf(host).includes(mac))
    );
  }

  hostByAddress(address: Ipv4): Host | undefined {
    return this.#find(({ internalAddress }) => internalAddress === address);
  }

  hostByUuid(uuid: string): Host | undefined {
    return this.#find((host) => host.uuid === uuid);
  }

  hosts(): Iterable<Host> {
    return this.#hosts.values();
  }

  profileCount(profile: string): number {
    return [...this.#hosts.values()].filter((host) => host.profile === profile).length;
  }

  change(author: Author, decide: (fleet: FleetView) => readonly HostChange[]): Promise<void> {
    const before = this.#queue;
    const turn = async () => {
      await before;
      for (const change of decide(this)) this.#record(author, change);
    };
    const done = turn();
    this.#queue = done.catch((error: unknown) => error);
    return done;
  }

  history(serial: Serial, limit?: number): Promise<readonly HistoryEntry[]> {
    const entries = this.recorded
      .filter((change) => change.serial === serial)
      .map(({ commit, time, author, what, host }) => ({ commit, time, author, what, state: host?.state }));
    return Promise.resolve(entries.reverse().slice(0, limit));
  }

  log(filter: LogFilter): Promise<readonly LoggedChange[]> {
    const newestFirst = this.recorded.map(logged).reverse();
    return Promise.resolve(newestFirst.filter((change) => fits(change, filter)).slice(0, filter.limit));
  }

  async changesAfter(
    commit: string,
    serial: string | undefined,
    most: number,
  ): Promise<AsyncIterable<readonly LoggedChange[]> | undefined> {
    const position = this.recorded.findLastIndex(
      (change) => change.commit === commit && (serial === undefined || change.serial === serial),
    );
    if (position < 0) return undefined;
    if (this.recorded.length - position - 1 > most) throw new ChangesTooOld(most);
    return pagesOf(this.recorded.slice(position + 1).map(logged));
  }

  newestChanges(): AsyncIterable<readonly LoggedChange[]> {
    return pagesOf(this.recorded.map(logged).reverse());
  }

  hostAt(serial: Serial, revision: string): Promise<{ commit: string; host: Host | undefined }> {
    const change = this.recorded.findLast(
      (each) => each.serial === serial && each.commit.startsWith(revision),
    );
    if (!change) return Promise.reject(new UnknownRevision(serial, revision));
    return Promise.resolve({ commit: change.commit, host: change.host });
  }

  /** What happened to one machine, oldest first. */
  storyOf(serial: string): string[] {
    return this.recorded.filter((change) => change.serial === serial).map(({ what }) => what);
  }

  subscribe(watcher: (change: RecordedChange) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  health(): StoreHealth {
    return { isWritable: true, troubles: [] };
  }

  async close(): Promise<void> {
    await this.#queue;
  }

  #record(author: Author, { host, what, retired = false }: HostChange): void {
    const index = this.recorded.length;
    const change: RecordedChange = {
      commit: index.toString(16).padStart(40, '0'),
      time: new Date(Date.UTC(2026, 0, 1, 0, 0, index)),
      author: author.name,
      serial: host.serial,
      what,
      host: retired ? undefined : host,
      before: this.#hosts.get(host.serial),
    };
    if (retired) this.#hosts.delete(host.serial);
    else this.#hosts.set(host.serial, host);
    this.recorded.push(change);
    for (const watcher of this.#watchers) watcher(change);
  }

  #find(fits: (host: Host) => boolean): Host | undefined {
    const found = [...this.#hosts.values()].filter(fits);
    return found.findLast(({ state }) => isInUse(state)) ?? found.at(-1);
  }
}

/** In small parts, each with a turn of its own. */
async function* pagesOf(changes: readonly LoggedChange[]): AsyncGenerator<readonly LoggedChange[]> {
  for (let from = 0; from < changes.length; from += 100) {
    yield changes.slice(from, from + 100);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function logged({ host, commit, time, author, serial, what }: RecordedChange): LoggedChange {
  return { commit, time, author, serial, what, state: host?.state };
}

function fits(change: LoggedChange, { serial, since, until, author, state }: LogFilter): boolean {
  return (
    (serial === undefined || change.serial === serial) &&
    (since === undefined || change.time >= since) &&
    (until === undefined || change.time <= until) &&
    (author === undefined || change.author === author) &&
    (state === undefined || change.state === state)
  );
}

/** Its disk is gone: it can be read, but nothing can be recorded. */
export class BrokenHostStore extends InMemoryHostStore {
  override change(author: Author, decide: (fleet: FleetView) => readonly HostChange[]): Promise<void> {
    const changes = decide(this);
    if (changes.length === 0) return Promise.resolve();
    return Promise.reject(new StoreUnavailable(`no disk for what ${author.name} wants`));
  }

  override health(): StoreHealth {
    return { isWritable: false, troubles: ['the disk is gone'] };
  }
}
