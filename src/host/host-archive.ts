import type { Host } from './host.js';
import type { HistoryEntry } from './host-store.js';
import type { HostState } from './lifecycle.js';
import type { Serial } from './serial.js';

/** A change as the log has it. */
export type LoggedChange = LoggedHostChange | LoggedRecordChange;

/** Of a host. */
export interface LoggedHostChange extends HistoryEntry {
  readonly serial: Serial;
  readonly record?: undefined;
}

/** Of a record of another kind. */
export interface LoggedRecordChange extends HistoryEntry {
  readonly serial?: undefined;
  /** `<kind>/<name>` */
  readonly record: string;
  /** Undefined where somebody committed it in words of his own. */
  readonly code: string | undefined;
}

/** Every condition given must hold. */
export interface LogFilter {
  readonly serial?: Serial | undefined;
  /** `<kind>/<name>` */
  readonly record?: string | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  readonly author?: string | undefined;
  /** The state that the host was in after the change. */
  readonly state?: HostState | undefined;
  /** The newest so many; `USUAL_LIMIT` when not given. */
  readonly limit?: number | undefined;
}

export const USUAL_LIMIT = 1000;

/** Whether every condition of the filter holds for the change; its limit is not one. */
export function isWanted({ serial, record, time, author, state }: LoggedChange, filter: LogFilter): boolean {
  return (
    (filter.record === undefined || record === filter.record) &&
    (filter.serial === undefined || serial === filter.serial) &&
    (filter.since === undefined || time >= filter.since) &&
    (filter.until === undefined || time <= filter.until) &&
    (filter.author === undefined || author === filter.author) &&
    (filter.state === undefined || state === filter.state)
  );
}

/** A host as one of its changes left it; undefined when that retired it. */
export interface EarlierHost extends Pick<HistoryEntry, 'revision' | 'commit'> {
  readonly host: Host | undefined;
}

/** The past of the fleet. */
export interface HostArchive {
  /** Newest first. */
  log(filter: LogFilter): Promise<readonly LoggedChange[]>;
  /**
   * What happened since a change that a watcher has seen, oldest first and in parts: nothing is told twice, nothing left out.
   * Undefined for a revision that is not in the log, and then the watcher starts anew.
   * @throws ChangesTooOld when there are more than `most`.
   */
  changesAfter(revision: string, most: number): Promise<AsyncIterable<readonly LoggedChange[]> | undefined>;
  /** All of it in parts, newest first: other work gets its turn in between. */
  newestChanges(): AsyncIterable<readonly LoggedChange[]>;
  /**
   * The host as it was at a revision of its own history, which four or more of its first characters name as well: of several
   * that begin so the newest.
   * @throws UnknownRevision
   */
  hostAt(serial: Serial, revision: string): Promise<EarlierHost>;
}
