import type { LoggedChange, Stay } from '../api/past.js';
import type { HistoryEntry } from '../api/schemas.js';
import type { Column } from './columns.js';
import { formatDuration, instant } from './times.js';
import { hostColor } from './paint.js';

const time: Column<HistoryEntry> = { heading: 'TIME', value: (entry) => instant(entry.time) };
const commit: Column<HistoryEntry> = {
  heading: 'COMMIT',
  value: (entry) => entry.commit.slice(0, 10),
  color: () => 'yellow',
};
const author: Column<HistoryEntry> = { heading: 'AUTHOR', value: (entry) => entry.author };
const state: Column<Pick<HistoryEntry, 'state'>> = {
  heading: 'STATE',
  value: (entry) => entry.state,
  color: (entry) => entry.state && hostColor({ state: entry.state }),
};
/** Comes last: it is a sentence. */
const what: Column<HistoryEntry> = { heading: 'CHANGE', value: (entry) => entry.what };

export const historyColumns: readonly Column<HistoryEntry>[] = [time, commit, author, state, what];
export const logColumns: readonly Column<LoggedChange>[] = [
  time,
  commit,
  { heading: 'SERIAL', value: ({ serial, record }) => record ?? serial },
  author,
  state,
  what,
];
export const stayColumns: readonly Column<Stay>[] = [
  { heading: 'SINCE', value: ({ since }) => instant(since) },
  state,
  { heading: 'FOR', value: ({ seconds }) => formatDuration(seconds) },
];
