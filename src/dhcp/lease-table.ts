import { subnetContains, type Ipv4 } from '../net/ipv4.js';
import { LeasePool, type Candidate, type LeaseRecord, type PoolSettings } from './lease-pool.js';
import {
  adoptedLeases,
  isLive,
  LiveCount,
  type Chain,
  type ClientKey,
  type IdentifyBy,
  type Lease,
  type LeaseEffect,
  type LeaseGrant,
  type LeaseState,
} from './lease.js';

/** What a decision may ask about leases. Networks are named by their first address. */
export interface LeaseView {
  /** The last lease of a client on a network, live or not. */
  find(network: Ipv4, key: ClientKey): Lease | undefined;
  at(address: Ipv4): Lease | undefined;
  /** The best address to give to a client: the one it had, the one it wants, a fresh one, the longest unused. */
  candidate(network: Ipv4, key: ClientKey, wanted: Ipv4 | undefined, now: number): Candidate | undefined;
  /** How many clients have a live lease behind one port of a relay. */
  liveAtPort(relayPort: string, now: number): number;
  /** Where a client without a lease was given our iPXE. */
  chainOf(key: ClientKey): Chain | undefined;
  /**
   * Only while the disk refuses leases: until when one that a client has is certain to be on disk, in milliseconds since
   * 1970; 0 for not at all.
   */
  readonly onDiskUntil: ((lease: Lease) => number) | undefined;
}

/** A client that asks anew while it has the address keeps what it has: an offer is less than a lease. */
export function isMoreThan(known: Lease | undefined, offer: LeaseGrant): boolean {
  return known?.key === offer.key && known.state === 'bound' && known.expiresAt > offer.expiresAt;
}

/** All leases of the server, in memory. Allocation, lookup and expiry do not depend on their number. */
export class LeaseTable implements LeaseView {
  readonly #byAddress = new Map<number, LeaseRecord>();
  readonly #byPort = new Map<string, Set<LeaseRecord>>();
  readonly #live = new LiveCount();
  readonly #chains = new ChainMemory();
  /** The last one that was counted, of all addresses: none comes again, whichever leases are forgotten. */
  #epoch = 0;
  #pools: readonly LeasePool[];
  onDiskUntil: ((lease: Lease) => number) | undefined;
  readonly #isLeased = (address: Ipv4): boolean => this.#byAddress.has(address);

  constructor(pools: readonly PoolSettings[]) {
    this.#pools = pools.map((settings) => new LeasePool(settings));
  }

  get size(): number {
    return this.#byAddress.size;
  }

  /** How many are in force, to the second; costs nothing however many there are. */
  liveCount(now: number): number {
    return this.#live.at(now);
  }

  all(): IterableIterator<Lease> {
    return this.#byAddress.values();
  }

  find(network: Ipv4, key: ClientKey): Lease | undefined {
    return this.#poolOf(network)?.byKey.get(key);
  }

  at(address: Ipv4): Lease | undefined {
    return this.#byAddress.get(address);
  }

  candidate(network: Ipv4, key: ClientKey, wanted: Ipv4 | undefined, now: number): Candidate | undefined {
    const pool = this.#poolOf(network);
    if (pool === undefined) return undefined;
    const own = pool.byKey.get(key);
    if (own !== undefined && own.state !== 'declined' && pool.isDynamic(own.address)) {
      return { address: own.address, reused: false };
    }
    if (wanted !== undefined && pool.isDynamic(wanted)) {
      const holder = this.#byAddress.get(wanted);
      if (holder === undefined) return { address: wanted, reused: false };
      if (holder.expiresAt <= now) return { address: wanted, reused: true };
    }
    return pool.candidate(this.#isLeased, now);
  }

  liveAtPort(relayPort: string, now: number): number {
    const records = this.#byPort.get(relayPort);
    if (records === undefined) return 0;
    for (const record of records) if (!isLive(record, now)) records.delete(record);
    if (records.size === 0) this.#byPort.delete(relayPort);
    return records.size;
  }

  chainOf(key: ClientKey): Chain | undefined {
    return this.#chains.find(key);
  }

  /** @returns what a restart must know of, undefined where the change is not worth keeping. */
  apply(effect: LeaseEffect): Lease | undefined {
    switch (effect.kind) {
      case 'offer':
        this.#offer(effect.grant);
        return undefined;
      case 'bind':
        return this.#put(effect.grant, 'bound', effect.grant.expiresAt);
      case 'withdraw':
        return this.#end(effect.address, 'released', effect.at, (lease) => lease.state === 'offered');
      case 'release':
        return this.#end(effect.address, 'released', effect.at, (lease) => lease.state === 'bound');
      case 'chain':
        this.#chains.remember(effect.key, effect.chain);
        return undefined;
      case 'decline':
        break;
    }
    const declined = this.#end(effect.address, 'declined', effect.until, () => true);
    const record = this.#byAddress.get(effect.address);
    if (record !== undefined && effect.byClient) record.declines += 1;
    return declined;
  }

  /** Puts a lease in as it is, in place of any other at its address. */
  restore(lease: Lease): Lease {
    const { epoch = 0 } = lease;
    this.#epoch = Math.max(this.#epoch, epoch);
    return this.#put(lease, lease.state, lease.expiresAt, epoch);
  }

  /** Field by field: this runs for every message, and a spread costs more than the rest of it. */
  #put(lease: LeaseGrant, state: LeaseState, expiresAt: number, restored?: number): Lease {
    const pool = this.#poolFor(lease.address);
    const known = this.#byAddress.get(lease.address);
    const epoch = restored ?? this.#epochFor(lease, known);
    if (known === undefined) {
      const record: LeaseRecord = {
        address: lease.address,
        key: lease.key,
        state,
        expiresAt,
        mac: lease.mac,
        hostname: lease.hostname,
        relayPort: lease.relayPort,
        chainedUntil: lease.chainedUntil,
        declines: lease.declines,
        epoch,
        heapIndex: -1,
      };
      this.#byAddress.set(lease.address, record);
      pool?.add(record);
      this.#join(record);
      return record;
    }
    if (known.key !== lease.key || pool?.byKey.get(lease.key) !== known) pool?.rekey(known, lease.key);
    this.#leave(known);
    known.key = lease.key;
    known.state = state;
    known.expiresAt = expiresAt;
    known.mac = lease.mac;
    known.hostname = lease.hostname;
    known.relayPort = lease.relayPort;
    known.chainedUntil = lease.chainedUntil;
    known.declines = lease.declines;
    known.epoch = epoch;
    pool?.ageChanged(known);
    this.#join(known);
    return known;
  }

  /** A card stays the holder whatever its firmware and its systems call themselves one after the other. */
  #epochFor({ key, mac }: LeaseGrant, known: Lease | undefined): number {
    if (known !== undefined && (mac === undefined ? key === known.key : mac === known.mac)) {
      return known.epoch ?? 0;
    }
    this.#epoch += 1;
    return this.#epoch;
  }

  /** Other pools, the same leases. Those of networks that are gone stay on record, unused, until they end. */
  reconfigure(pools: readonly PoolSettings[], identifyBy: IdentifyBy): void {
    const leases = adoptedLeases(this.#byAddress.values(), identifyBy);
    this.#pools = pools.map((settings) => new LeasePool(settings));
    this.#byAddress.clear();
    this.#byPort.clear();
    this.#live.clear();
    for (const lease of leases) this.restore(lease);
  }

  /** Drops what ended before `before` and can no longer matter to anyone. */
  prune(before: number): void {
    for (const record of this.#byAddress.values()) {
      if (record.expiresAt < before && this.#poolFor(record.address) === undefined) {
        this.#leave(record);
        this.#byAddress.delete(record.address);
      }
    }
  }

  #offer(grant: LeaseGrant): void {
    if (isMoreThan(this.#byAddress.get(grant.address), grant)) return;
    this.#put(grant, 'offered', grant.expiresAt);
  }

  #end(
    address: Ipv4,
    state: 'released' | 'declined',
    expiresAt: number,
    applies: (lease: Lease) => boolean,
  ): Lease | undefined {
    const record = this.#byAddress.get(address);
    if (record === undefined || !applies(record)) return undefined;
    const wasOffered = record.state === 'offered';
    const ended = this.#put(record, state, expiresAt);
    return wasOffered && state === 'released' ? undefined : ended;
  }

  #join(record: LeaseRecord): void {
    this.#live.added(record);
    if (record.relayPort === '') return;
    const records = this.#byPort.get(record.relayPort);
    if (records === undefined) this.#byPort.set(record.relayPort, new Set([record]));
    else records.add(record);
  }

  #leave(record: LeaseRecord): void {
    this.#live.removed(record);
    if (record.relayPort === '') return;
    const records = this.#byPort.get(record.relayPort);
    records?.delete(record);
    if (records?.size === 0) this.#byPort.delete(record.relayPort);
  }

  #poolOf(network: Ipv4): LeasePool | undefined {
    for (const pool of this.#pools) if (pool.settings.subnet.network === network) return pool;
    return undefined;
  }

  #poolFor(address: Ipv4): LeasePool | undefined {
    for (const pool of this.#pools) if (subnetContains(pool.settings.subnet, address)) return pool;
    return undefined;
  }
}

/** A stranger may make up as many clients as he likes. */
const MOST_CHAINS = 20_000;

/** The chains of clients that have no lease here. Not kept over a restart. */
export class ChainMemory {
  readonly #chains = new Map<ClientKey, Chain>();

  find(key: ClientKey): Chain | undefined {
    return this.#chains.get(key);
  }

  remember(key: ClientKey, chain: Chain): void {
    this.#chains.delete(key);
    this.#chains.set(key, chain);
    if (this.#chains.size <= MOST_CHAINS) return;
    for (const oldest of this.#chains.keys()) {
      this.#chains.delete(oldest);
      break;
    }
  }
}

/** The leases as they would be if a client had been answered so. Effects other than a grant or a chain are left aside. */
export function leasesAfter(leases: LeaseView, effect: LeaseEffect): LeaseView {
  if (effect.kind === 'chain') {
    const { key, chain } = effect;
    return { ...viewOf(leases), chainOf: (other) => (other === key ? chain : leases.chainOf(other)) };
  }
  if (effect.kind !== 'offer' && effect.kind !== 'bind') return leases;
  const { address, key } = effect.grant;
  if (effect.kind === 'offer' && isMoreThan(leases.at(address), effect.grant)) return leases;
  const granted: Lease = { ...effect.grant, state: effect.kind === 'bind' ? 'bound' : 'offered' };
  return {
    ...viewOf(leases),
    find: (network, other) => (other === key ? granted : leases.find(network, other)),
    at: (other) => (other === address ? granted : leases.at(other)),
    candidate: (network, other, wanted, now) =>
      leases.candidate(network, other, other === key ? address : wanted, now),
  };
}

/** A copy whose parts can be replaced. */
function viewOf(leases: LeaseView): LeaseView {
  return {
    find: (network, key) => leases.find(network, key),
    at: (address) => leases.at(address),
    candidate: (network, key, wanted, now) => leases.candidate(network, key, wanted, now),
    liveAtPort: (relayPort, now) => leases.liveAtPort(relayPort, now),
    chainOf: (key) => leases.chainOf(key),
    onDiskUntil: leases.onDiskUntil,
  };
}
