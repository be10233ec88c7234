import type { Ipv4 } from '../net/ipv4.js';
import type { MacAddress } from '../net/mac-address.js';
import type { Host } from './host.js';
import type { Serial } from './serial.js';

declare const revision: unique symbol;

/** Names one change of one host for good. Opaque: only the store that gave it knows how it is made. */
export type Revision = string & { readonly [revision]: true };

/** As much of a revision as people are shown; `hostAt` takes it as well. */
export function briefly(revision: string): string {
  return revision.slice(0, 10);
}

/** Who caused a change: an operator by name, or the machine itself by its serial. */
export interface Author {
  readonly name: string;
  readonly kind: 'operator' | 'machine' | 'imago';
}

/** One step in the life of one machine: becomes one commit, `<serial>: <what>`. */
export interface HostChange {
  readonly host: Host;
  /** In the operators' vocabulary, see `changeWords`; `changeCodeOf` tells its code. */
  readonly what: string;
  /** The host leaves the fleet: its file is removed, its history stays, its address is free again. */
  readonly retired?: boolean;
}

/** A change that holds: told to watchers once and in the order of the commits. */
export interface RecordedChange {
  /** Also to a watcher that comes back after a restart. */
  readonly revision: Revision;
  /** The commit that has the change, in a store that keeps commits; other hosts' changes may be in it too. */
  readonly commit?: string;
  readonly time: Date;
  readonly author: string;
  readonly serial: Serial;
  readonly what: string;
  /** The host after the change; undefined when it was retired. */
  readonly host: Host | undefined;
  /** The host before it; undefined when it is new. */
  readonly before: Host | undefined;
}

/**
 * The fleet as it stands, in memory: every look-up costs the same however many machines there are. Of several that claim the
 * same address it finds one that is in use, and else the one that claimed it last. Of several that claim a MAC address,
 * the one that held a lease by it comes before those.
 */
export interface FleetView {
  host(serial: Serial): Host | undefined;
  /** By the cards that tell a host, see `cardsOf`. */
  hostByMac(mac: MacAddress): Host | undefined;
  hostByAddress(address: Ipv4): Host | undefined;
  hosts(): Iterable<Host>;
  /** How many hosts have the profile. */
  profileCount(profile: string): number;
  readonly size: number;
  /** The token of the cluster's etcd discovery, given to hosts that have none of their own. */
  readonly defaultEtcdClusterToken: string | undefined;
  /** The URL of the discovery service that made this token; none where imago serves discovery itself. */
  readonly etcdDiscovery?: string | undefined;
}

/** A change in the life of one machine. */
export interface HistoryEntry {
  readonly revision: Revision;
  readonly commit?: string;
  readonly time: Date;
  readonly author: string;
  readonly what: string;
  /** The state that the host was in after it. */
  readonly state: Host['state'] | undefined;
}

/** What a decision comes to: changes, perhaps with more that whoever asked wants to know. */
export type Decision = readonly HostChange[] | { readonly changes: readonly HostChange[] };

export function changesIn(decision: Decision): readonly HostChange[] {
  return 'changes' in decision ? decision.changes : decision;
}

export interface HostStore extends FleetView {
  /**
   * Lets `decide` look at the fleet and name the changes to make; nothing else changes it meanwhile, so what `decide`
   * saw still holds when its changes are applied. `decide` is pure and may be called again, with another fleet, where
   * somebody else's change came first: it keeps nothing, tells nobody, and looks at no clock. Resolves with the decision
   * that holds, once all of its changes would survive a power cut, each its own, in order. Rejects with what `decide`
   * throws, or with StoreUnavailable, and then nothing has changed.
   */
  change<D extends Decision>(author: Author, decide: (fleet: FleetView) => D): Promise<D>;
  /** Newest first, all or the newest so many. Empty for a host that never was. */
  history(serial: Serial, limit?: number): Promise<readonly HistoryEntry[]>;
  /** Calls `watcher` for each change from now on, until the returned function is called. */
  subscribe(watcher: (change: RecordedChange) => void): () => void;
  health(): StoreHealth;
  /** Ends after all changes that were asked for are durable, or refused. */
  close(): Promise<void>;
}

/** Whether changes can be recorded; with every present trouble as one sentence for operators. */
export interface StoreHealth {
  readonly isWritable: boolean;
  readonly troubles: readonly string[];
}
