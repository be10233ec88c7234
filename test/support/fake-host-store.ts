import type { Host } from '../../src/host/host.js';
import type { Author, FleetView, HistoryEntry, HostChange, HostStore } from '../../src/host/host-store.js';
import type { Serial } from '../../src/host/serial.js';
import { StoreUnavailable } from '../../src/host/store-unavailable.js';
import type { Ipv4 } from '../../src/net/ipv4.js';
import type { MacAddress } from '../../src/net/mac-address.js';

/** A commit as the fake remembers it. */
export interface RecordedChange extends HostChange {
  readonly author: Author;
}

/** The store's semantics without a disk: changes one after the other, nothing seen before it is applied. */
export class InMemoryHostStore implements HostStore {
  readonly log: RecordedChange[] = [];
  readonly #hosts = new Map<Serial, Host>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(
    hosts: readonly Host[] = [],
    readonly defaultEtcdClusterToken: string | undefined = undefined,
  ) {
    for (const host of hosts) this.#hosts.set(host.serial, host);
  }

  get size(): number {
    return this.#hosts.size;
  }

  host(serial: Serial): Host | undefined {
    return this.#hosts.get(serial);
  }

  hostByMac(mac: MacAddress): Host | undefined {
    return this.#find((host) => host.bootMac === mac || host.macAddresses.includes(mac));
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
    const turn = this.#queue.then(async () => {
      await Promise.resolve();
      for (const change of decide(this)) {
        this.#hosts.set(change.host.serial, change.host);
        this.log.push({ ...change, author });
      }
    });
    this.#queue = turn.catch((error: unknown) => error);
    return turn;
  }

  history(serial: Serial): Promise<readonly HistoryEntry[]> {
    const entries = this.log
      .filter(({ host }) => host.serial === serial)
      .map(({ what, author, host }, index) => ({
        commit: index.toString(16).padStart(40, '0'),
        time: new Date(Date.UTC(2026, 0, 1, 0, 0, index)),
        author: author.name,
        what,
        state: host.state,
      }));
    return Promise.resolve(entries.reverse());
  }

  /** What happened to one machine, oldest first. */
  storyOf(serial: string): string[] {
    return this.log.filter(({ host }) => host.serial === serial).map(({ what }) => what);
  }

  #find(fits: (host: Host) => boolean): Host | undefined {
    return [...this.#hosts.values()].find(fits);
  }
}

/** Its disk is gone: it can be read, but nothing can be recorded. */
export class BrokenHostStore extends InMemoryHostStore {
  override change(author: Author, decide: (fleet: FleetView) => readonly HostChange[]): Promise<void> {
    const changes = decide(this);
    if (changes.length === 0) return Promise.resolve();
    return Promise.reject(new StoreUnavailable(`no disk for what ${author.name} wants`));
  }
}
