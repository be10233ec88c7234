import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder, writeFully } from '../files/durable-file.js';
import { readIfPresent } from '../files/if-present.js';
import { takePlace, writeSnapshot } from './journal-file.js';
import type { Ipv4 } from '../net/ipv4.js';
import type { Lease } from './lease.js';
import { LeaseRecordFormat, parseLeaseRecord } from './lease-record.js';

/** The journal is rewritten once it has this many lines more than four times the leases. */
const COMPACTION_SLACK = 10_000;
const RETRY_MILLISECONDS = 1_000;
/** Blanks by which the file grows. A write into them changes no metadata of the file, and is durable in a quarter of the time. */
const RESERVE = Buffer.alloc(256 * 1024, ' ');

export interface LeaseJournalEvents {
  /** Everything up to and including this sequence number survives a power cut from now on. */
  durable(sequence: number): void;
  /** One shared flush: how many leases it carried and how long it took. */
  flushed(leases: number, seconds: number): void;
  /** The disk refused something. Leases are tried again every second; a journal that could not be rewritten goes on as it is. */
  failed(error: Error): void;
  /** The disk refuses leases: nothing is reported durable until `resumed`. */
  stalled(error: Error): void;
  /** The leases that were refused are written. */
  resumed(): void;
}

/** What a rewritten journal has to hold. */
export interface LiveLeases {
  readonly size: number;
  all(): Iterable<Lease>;
}

export interface LoadedLeases {
  readonly leases: readonly Lease[];
  /** Lines that were no records. More than the last one, cut by a power failure, means a damaged file. */
  readonly damagedLines: number;
}

/** The change of an address that is not durable yet. */
interface Change {
  readonly line: string;
  /**
   * The client has its address until then, in milliseconds since 1970, whatever a crash leaves on disk: this change, an earlier one that
   * this one replaced, or neither.
   */
  readonly certainUntil: number;
}

type Changes = ReadonlyMap<Ipv4, Change>;
const NONE: Changes = new Map();

/**
 * The leases on disk: one JSON line per change, the last line of an address counts. Changes that come while a flush is
 * under way share the next one.
 */
export class LeaseJournal {
  readonly #format = new LeaseRecordFormat();
  /** Changes that are not being written yet. Only the last one of an address is kept, since the disk may refuse for days. */
  #pending = new Map<Ipv4, Change>();
  /** What is being written. */
  #batch = NONE;
  #refusal: Error | undefined;
  #appended = 0;
  #flushing: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #closing = false;
  #reserved: number;
  /** Lines written since a compaction took its snapshot; undefined while none is under way. */
  #sinceSnapshot: string[] | undefined;
  #compacted: FileHandle | undefined;
  #compactedLength = 0;
  #compactedLines = 0;
  #compacting: Promise<void> | undefined;
  /** Whether the folder was synced since the file took its name by rename. */
  #isNamed = true;

  private constructor(
    private readonly path: string,
    private readonly events: LeaseJournalEvents,
    private readonly live: LiveLeases,
    private file: FileHandle,
    private length: number,
    private lines: number,
  ) {
    this.#reserved = length;
  }

  /** Reads what is there. A file that is not there is an empty one. */
  static async load(path: string): Promise<LoadedLeases> {
    const text = (await readIfPresent(path)) ?? '';
    const leases = new Map<number, Lease>();
    let damagedLines = 0;
    for (const line of text.split('\n')) {
      if (line.trim() === '') continue;
      const lease = parseLeaseRecord(line);
      if (lease === undefined) damagedLines += 1;
      else leases.set(lease.address, lease);
    }
    return { leases: [...leases.values()], damagedLines };
  }

  /**
   * Starts a new file with the leases of `live`, which is asked again at every compaction. A new file has no torn last line that the next
   * one could be joined to.
   */
  static async start(path: string, live: LiveLeases, events: LeaseJournalEvents): Promise<LeaseJournal> {
    const snapshot = await writeSnapshot(path, [...live.all()]);
    const file = await takePlace(path, snapshot.file);
    await syncFolder(dirname(path));
    const journal = new LeaseJournal(path, events, live, file, snapshot.length, snapshot.lines);
    await journal.#reserveAhead();
    return journal;
  }

  /**
   * @param heldUntil until when the same client had the address before this change; 0 for not at all.
   * @returns the sequence number that `durable` will report.
   */
  append(lease: Lease, heldUntil: number): number {
    const { address, state, expiresAt } = lease;
    const earlier = this.#pending.get(address)?.certainUntil ?? Infinity;
    const certainUntil = state === 'bound' ? Math.min(heldUntil, expiresAt, earlier) : 0;
    this.#pending.set(address, { line: this.#format.format(lease), certainUntil });
    this.#appended += 1;
    this.#flushing ??= this.#flush();
    return this.#appended;
  }

  /** Why the disk refuses leases, as long as it does. */
  get refusal(): Error | undefined {
    return this.#refusal;
  }

  /**
   * Until when a lease of the table holds even if a crash loses the changes that are not durable yet, in milliseconds since 1970; 0 for
   * not at all.
   */
  onDiskUntil({ address, state, expiresAt }: Lease): number {
    if (state !== 'bound') return 0;
    const written = this.#batch.get(address)?.certainUntil ?? Infinity;
    const pending = this.#pending.get(address)?.certainUntil ?? Infinity;
    return Math.min(expiresAt, written, pending);
  }

  /** The number of the last change that was appended. */
  get sequence(): number {
    return this.#appended;
  }

  /** Writes what is pending, once: what the disk refuses now is lost. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#wake?.();
    await this.#flushing;
    await this.#compacting;
    await this.#compacted?.close();
    try {
      await this.file.truncate(this.length);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.events.failed(error); // The blanks at its end are no records.
    }
    await this.file.close();
  }

  async #flush(): Promise<void> {
    // All datagrams of the batch in work share this flush.
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    while (this.#pending.size > 0) {
      this.#batch = this.#pending;
      const sequence = this.#appended;
      this.#pending = new Map();
      const written = await this.#write(this.#batch);
      if (!written) break;
      this.#batch = NONE;
      if (this.#refusal !== undefined) {
        this.#refusal = undefined;
        this.events.resumed();
      }
      this.events.durable(sequence);
      await this.#switchToCompacted();
      this.#compactIfLong();
    }
    this.#flushing = undefined;
  }

  async #write(batch: Changes): Promise<boolean> {
    const lines = Array.from(batch.values(), ({ line }) => line);
    const bytes = Buffer.from(lines.join(''), 'utf8');
    const started = performance.now();
    for (;;) {
      try {
        if (!this.#isNamed) await syncFolder(dirname(this.path));
        this.#isNamed = true;
        // Written at a fixed place: a second try overwrites what a failed one left.
        await this.#reserve(bytes.length);
        await writeFully(this.file, bytes, this.length);
        break;
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        this.events.failed(error);
        const isFirst = this.#refusal === undefined;
        this.#refusal = error;
        if (isFirst) this.events.stalled(error);
        if (this.#closing) return false;
        await this.#pause();
      }
    }
    this.length += bytes.length;
    this.lines += lines.length;
    this.#sinceSnapshot?.push(...lines);
    this.events.flushed(lines.length, (performance.now() - started) / 1000);
    return true;
  }

  /** Room is taken before it is needed: a disk that others fill up later still takes leases. */
  async #reserveAhead(): Promise<void> {
    try {
      await this.#reserve(1);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.events.failed(error);
    }
  }

  async #reserve(length: number): Promise<void> {
    while (this.length + length > this.#reserved) {
      await writeFully(this.file, RESERVE, this.#reserved);
      this.#reserved += RESERVE.length;
    }
  }

  #compactIfLong(): void {
    if (this.#closing || this.#compacting !== undefined) return;
    if (this.lines < COMPACTION_SLACK) return;
    if (this.lines < COMPACTION_SLACK + 4 * this.live.size) return;
    this.#sinceSnapshot = [];
    this.#compacting = this.#prepareCompacted([...this.live.all()]);
  }

  async #prepareCompacted(leases: readonly Lease[]): Promise<void> {
    try {
      const snapshot = await writeSnapshot(this.path, leases);
      this.#compacted = snapshot.file;
      this.#compactedLength = snapshot.length;
      this.#compactedLines = snapshot.lines;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      // The old file is whole and goes on; the next flush tries again.
      this.events.failed(error);
      this.#sinceSnapshot = undefined;
    }
    this.#compacting = undefined;
  }

  /** Runs between two flushes. What was written since the snapshot is appended to it, then it takes the file's place. */
  async #switchToCompacted(): Promise<void> {
    const file = this.#compacted;
    const since = this.#sinceSnapshot;
    if (file === undefined || since === undefined) return;
    try {
      const bytes = Buffer.from(since.join(''), 'utf8');
      await writeFully(file, bytes, this.#compactedLength);
      const replacement = await takePlace(this.path, file);
      const replaced = this.file;
      this.file = replacement;
      this.#isNamed = false;
      this.length = this.#compactedLength + bytes.length;
      this.#reserved = this.length;
      this.lines = this.#compactedLines + since.length;
      await replaced.close();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.events.failed(error);
      await file.close();
    }
    this.#compacted = undefined;
    this.#sinceSnapshot = undefined;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, RETRY_MILLISECONDS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
