import { LeaseJournal, type LeaseJournalEvents } from './lease-journal.js';
import { LeaseTable } from './lease-table.js';
import type { PoolSettings } from './lease-pool.js';
import { adoptedLeases, type IdentifyBy, type Lease, type LeaseEffect } from './lease.js';
import { ReplyQueue } from './reply-queue.js';

/** A client that waited behind so many has asked again already. */
const MOST_WAITING_REPLIES = 20_000;

export interface KeptLeasesEvents extends LeaseJournalEvents {
  /** A lease was granted, given back or set aside. */
  changed(lease: Lease): void;
  /** Answers that waited for the disk have been sent. */
  answered(): void;
}

/** The leases of a server, in memory and on disk, and the answers that wait until what they promise survives a power cut. */
export class KeptLeases {
  readonly table: LeaseTable;
  readonly #waiting: ReplyQueue<() => void>;
  #journal: LeaseJournal | undefined;

  constructor(
    pools: readonly PoolSettings[],
    private readonly events: KeptLeasesEvents,
  ) {
    this.table = new LeaseTable(pools);
    this.#waiting = new ReplyQueue(
      MOST_WAITING_REPLIES,
      (send) => send(),
      () => events.answered(),
    );
  }

  /**
   * Takes up what the file says. Until then leases are kept in memory alone, and no answer waits.
   * @returns how many lines of the file were no records.
   */
  async open(path: string, identifyBy: IdentifyBy): Promise<number> {
    const { leases, damagedLines } = await LeaseJournal.load(path);
    for (const lease of adoptedLeases(leases, identifyBy)) this.table.restore(lease);
    this.#journal = await LeaseJournal.start(path, this.table, {
      ...this.events,
      durable: (sequence) => {
        this.#waiting.release(sequence);
        this.events.durable(sequence);
      },
      stalled: (error) => {
        this.table.onDiskUntil = (lease) => this.onDiskUntil(lease);
        // Those who wait ask again: what holds without the disk is answered then, the rest when leases can be written.
        this.#waiting.drop();
        this.events.stalled(error);
      },
      resumed: () => {
        this.table.onDiskUntil = undefined;
        this.events.resumed();
      },
    });
    return damagedLines;
  }

  /** Makes durable what was recorded and sends the answers that waited for it; what the disk refuses now is lost. */
  async close(): Promise<void> {
    await this.#journal?.close();
    this.#journal = undefined;
    this.#waiting.drain();
  }

  /** Why the disk refuses leases, as long as it does. */
  get refusal(): Error | undefined {
    return this.#journal?.refusal;
  }

  /** See LeaseJournal. */
  onDiskUntil(lease: Lease): number {
    return this.#journal?.onDiskUntil(lease) ?? 0;
  }

  /** The number of the last change that was recorded. */
  get sequence(): number {
    return this.#journal?.sequence ?? 0;
  }

  /**
   * Carries out what a decision wants done.
   * @returns the change that has to be durable before the client is answered; undefined where nothing has to.
   */
  record(effect: LeaseEffect): number | undefined {
    const held =
      effect.kind === 'bind' ? heldUntil(this.table.at(effect.grant.address), effect.grant.key) : 0;
    const changed = this.table.apply(effect);
    if (changed === undefined) return undefined;
    this.events.changed(changed);
    const sequence = this.#journal?.append(changed, held);
    return effect.kind === 'bind' && effect.atOnce === true ? undefined : sequence;
  }

  /** @returns false where so many wait that this answer is dropped. */
  sendWhenDurable(sequence: number, send: () => void): boolean {
    return this.#waiting.hold(sequence, send);
  }
}

/** Until when a client has an address already, in milliseconds since 1970; 0 for not at all. */
function heldUntil(known: Lease | undefined, key: string): number {
  return known?.state === 'bound' && known.key === key ? known.expiresAt : 0;
}
