import type { Token, WhoAmI } from '../api/access.js';
import type { Refusal } from '../api/refusals.js';
import type { Column } from './columns.js';
import { instant } from './times.js';

/** As in `ada is operator, by token, until 2027-01-02T03:04:05Z`. */
export function whoLine({ name, role, by, expires }: WhoAmI): string {
  return `${name} is ${role}, by ${by}${expires === undefined ? '' : `, until ${instant(expires)}`}`;
}

export const tokenColumns: readonly Column<Token>[] = [
  { heading: 'ID', value: ({ id }) => id },
  { heading: 'NAME', value: ({ name }) => name },
  { heading: 'ROLE', value: ({ role }) => role },
  { heading: 'CREATED', value: ({ created }) => instant(created) },
  { heading: 'EXPIRES', value: ({ expires }) => instant(expires) },
  { heading: 'LASTUSED', value: ({ lastUsed }) => instant(lastUsed) },
];

export const refusalColumns: readonly Column<Refusal>[] = [
  { heading: 'TIME', value: ({ time }) => instant(time) },
  { heading: 'COUNT', value: ({ count }) => String(count) },
  { heading: 'REASON', value: ({ reason }) => reason },
  { heading: 'ADDRESS', value: ({ address }) => address },
  { heading: 'WHO', value: ({ who }) => who },
  { heading: 'METHOD', value: ({ method }) => method },
  { heading: 'PATH', value: ({ path }) => path },
  { heading: 'WHAT', value: ({ what }) => what },
];
