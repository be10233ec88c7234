import type { Lease } from '../api/schemas.js';
import type { Column } from './columns.js';
import { instant } from './instant.js';

export const leaseColumns: readonly Column<Lease>[] = [
  { heading: 'IP', value: ({ address }) => address },
  { heading: 'MAC', value: ({ mac }) => mac },
  { heading: 'STATE', value: ({ state }) => state },
  { heading: 'EXPIRES', value: ({ expires }) => instant(expires) },
  { heading: 'SERIAL', value: ({ serial }) => serial },
  { heading: 'HOSTNAME', value: ({ hostname }) => hostname },
  { heading: 'CLIENTID', value: ({ clientId }) => clientId },
];
