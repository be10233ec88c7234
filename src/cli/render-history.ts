import type { HistoryEntry } from '../api/schemas.js';
import { renderColumns, type Column, type TableOptions } from './columns.js';
import { instant } from './instant.js';
import { hostColor } from './paint.js';

/** What changed comes last: it is a sentence. */
const columns: readonly Column<HistoryEntry>[] = [
  { heading: 'TIME', value: ({ time }) => instant(time) },
  { heading: 'COMMIT', value: ({ commit }) => commit.slice(0, 10), color: () => 'yellow' },
  { heading: 'AUTHOR', value: ({ author }) => author },
  { heading: 'STATE', value: ({ state }) => state, color: ({ state }) => state && hostColor({ state }) },
  { heading: 'CHANGE', value: ({ what }) => what },
];

export function renderHistory(history: readonly HistoryEntry[], options: TableOptions): string[] {
  return renderColumns(history, columns, options);
}
