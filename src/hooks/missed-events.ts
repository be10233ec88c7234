import type { HookOccasion } from '../config/events-section.js';
import type { HostArchive, LoggedHostChange } from '../host/host-archive.js';
import type { HistoryEntry, HostStore, RecordedChange, Revision } from '../host/host-store.js';
import type { Serial } from '../host/serial.js';
import { eventOfChange, type HookEvent } from './hook-event.js';

export type Archive = Pick<HostStore, 'history'> & Pick<HostArchive, 'log' | 'newestChanges' | 'hostAt'>;

/** The last change there is, by its id; undefined in a cluster without any. */
export async function lastChange(archive: Pick<HostArchive, 'log'>): Promise<string | undefined> {
  const [last] = await archive.log({ limit: 1 });
  return last?.revision;
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
  const pasts = new Map<Serial, Past>();
  const events: HookEvent[] = [];
  for await (const page of archive.newestChanges()) {
    for (const change of page) {
      // Imago up to 0.1 kept the commit alone where that was the last of all changes.
      if (after !== undefined && (change.revision === after || change.commit === after))
        return events.reverse();
      // Hooks are told of machines alone.
      if (change.serial === undefined) continue;
      let past = pasts.get(change.serial);
      if (!past) pasts.set(change.serial, (past = pastOf(await archive.history(change.serial))));
      const previous = past.get(change.revision);
      if (previous && previous.state === change.state) continue;
      const event = eventOfChange(await asRecorded(archive, change, previous?.revision));
      if (event && on.includes(event.occasion)) events.push(event);
      if (events.length >= most) return events.reverse();
    }
  }
  return after === undefined ? events.reverse() : undefined;
}

/** By each change of a host the one before it. */
type Past = ReadonlyMap<string, HistoryEntry | undefined>;

function pastOf(history: readonly HistoryEntry[]): Past {
  return new Map(history.map(({ revision }, index) => [revision, history[index + 1]]));
}

async function asRecorded(
  archive: Archive,
  { revision, time, author, serial, what }: LoggedHostChange,
  previous: Revision | undefined,
): Promise<RecordedChange> {
  const { host } = await archive.hostAt(serial, revision);
  const before = previous === undefined ? undefined : (await archive.hostAt(serial, previous)).host;
  return { revision, time, author, serial, what, host, before };
}
