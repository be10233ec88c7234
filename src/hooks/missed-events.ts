import type { HookOccasion } from '../config/events-section.js';
import type { HostArchive, LoggedChange } from '../host/host-archive.js';
import type { HistoryEntry, HostStore, RecordedChange } from '../host/host-store.js';
import type { Serial } from '../host/serial.js';
import { eventOfChange, type HookEvent } from './hook-event.js';

export type Archive = Pick<HostStore, 'history'> & Pick<HostArchive, 'log' | 'changesAfter' | 'hostAt'>;

/** The id of an event: of a change its commit, and its serial where the commit changed several hosts. */
const changeId = /^([0-9a-f]{40})(?:\.(.+))?$/;

/** The last change there is, by its id; undefined in a cluster without any. */
export async function lastChange(archive: Pick<HostArchive, 'log'>): Promise<string | undefined> {
  const [last] = await archive.log({ limit: 1 });
  return last?.commit;
}

/**
 * What was recorded after a change that is named by its id, or at all, as events, oldest first, and only the newest so many. Undefined when the log
 * has no such change.
 */
export async function missedEvents(
  archive: Archive,
  after: string | undefined,
  on: readonly HookOccasion[],
  most: number,
): Promise<readonly HookEvent[] | undefined> {
  const [, commit = '', serial] = changeId.exec(after ?? '') ?? [];
  const changes =
    after === undefined
      ? (await archive.log({ limit: Infinity })).toReversed()
      : await archive.changesAfter(commit, serial);
  if (!changes) return undefined;
  const shared = new Set(
    changes.flatMap((change, index) => (changes[index - 1]?.commit === change.commit ? change.commit : [])),
  );
  const pasts = new Map<Serial, readonly HistoryEntry[]>();
  const events: HookEvent[] = [];
  for (const change of changes.toReversed()) {
    if (events.length === most) break;
    let past = pasts.get(change.serial);
    if (!past) pasts.set(change.serial, (past = await archive.history(change.serial)));
    const previous = past[past.findIndex((entry) => entry.commit === change.commit) + 1];
    if (previous && previous.state === change.state) continue;
    const isShared = shared.has(change.commit) || (change.commit === commit && serial !== undefined);
    const event = eventOfChange({ ...(await asRecorded(archive, change, previous?.commit)), isShared });
    if (event && on.includes(event.occasion)) events.push(event);
  }
  return events.reverse();
}

async function asRecorded(
  archive: Archive,
  { commit, time, author, serial, what }: LoggedChange,
  previous: string | undefined,
): Promise<RecordedChange> {
  const { host } = await archive.hostAt(serial, commit);
  const before = previous === undefined ? undefined : (await archive.hostAt(serial, previous)).host;
  return { commit, time, author, serial, what, host, before };
}
