import type { HookOccasion } from '../config/events-section.js';
import type { HostArchive, LoggedChange } from '../host/host-archive.js';
import type { HistoryEntry, HostStore, RecordedChange } from '../host/host-store.js';
import type { Serial } from '../host/serial.js';
import { eventOfChange, type HookEvent } from './hook-event.js';

export type Archive = Pick<HostStore, 'history'> & Pick<HostArchive, 'log' | 'newestChanges' | 'hostAt'>;

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
  const pasts = new Map<Serial, Past>();
  const events: HookEvent[] = [];
  /** @returns whether there is room for more. */
  const take = async (change: LoggedChange, isShared: boolean): Promise<boolean> => {
    let past = pasts.get(change.serial);
    if (!past) pasts.set(change.serial, (past = pastOf(await archive.history(change.serial))));
    const previous = past.get(change.commit);
    if (previous && previous.state === change.state) return true;
    const event = eventOfChange({ ...(await asRecorded(archive, change, previous?.commit)), isShared });
    if (event && on.includes(event.occasion)) events.push(event);
    return events.length < most;
  };
  let newer: string | undefined;
  let held: LoggedChange | undefined;
  for await (const page of archive.newestChanges()) {
    for (const change of page) {
      // Whether a commit is shared is known once the change before it is.
      if (held && !(await take(held, [newer, change.commit].includes(held.commit)))) return events.reverse();
      newer = held?.commit;
      held = undefined;
      const isSeen = change.commit === commit && (serial === undefined || change.serial === serial);
      if (after !== undefined && isSeen) return events.reverse();
      held = change;
    }
  }
  if (after !== undefined) return undefined;
  if (held) await take(held, newer === held.commit);
  return events.reverse();
}

/** By each commit of a host the one before it. */
type Past = ReadonlyMap<string, HistoryEntry | undefined>;

function pastOf(history: readonly HistoryEntry[]): Past {
  return new Map(history.map(({ commit }, index) => [commit, history[index + 1]]));
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
