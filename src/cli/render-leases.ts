import type { Lease } from '../api/schemas.js';
import { renderColumns, type Column, type TableOptions } from './columns.js';
import { instant } from './instant.js';

const columns: readonly Column<Lease>[] = [
  { heading: 'IP', value: ({ address }) => address },
  { heading: 'MAC', value: ({ mac }) => mac },
  { heading: 'STATE', value: ({ state }) => state },
  { heading: 'EXPIRES', value: ({ expires }) => instant(expires) },
  { heading: 'SERIAL', value: ({ serial }) => serial },
  { heading: 'HOSTNAME', value: ({ hostname }) => hostname },
  { heading: 'CLIENTID', value: ({ clientId }) => clientId },
];

export function renderLeases(leases: readonly Lease[], options: TableOptions): string[] {
  return renderColumns(leases, columns, options);
}
