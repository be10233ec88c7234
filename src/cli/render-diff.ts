import type { FieldChange } from '../api/past.js';
import type { Column } from './columns.js';

/** Fields under their names in the host's file. */
export const diffColumns: readonly Column<FieldChange>[] = [
  { heading: 'FIELD', value: ({ field }) => field },
  { heading: 'BEFORE', value: ({ before }) => valueText(before), color: () => 'red' },
  { heading: 'AFTER', value: ({ after }) => valueText(after), color: () => 'green' },
];

/** `Cabinet: 7 → 9, Hostname: - → node1` */
export function summarizeDiff(changes: readonly FieldChange[]): string {
  return changes
    .map(({ field, before, after }) => `${field}: ${valueText(before) ?? '-'} → ${valueText(after) ?? '-'}`)
    .join(', ');
}

/** Mayu’s files say so of a machine that has not booted. */
const NEVER = '0001-01-01T00:00:00Z';

function valueText(value: FieldChange['before']): string | undefined {
  if (value === NEVER) return 'never';
  if (value === undefined || typeof value === 'string') return value;
  return JSON.stringify(value);
}
