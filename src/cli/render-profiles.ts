import type { ProfileList } from '../api/schemas.js';
import { renderColumns, type Column, type TableOptions } from './columns.js';

type Profile = ProfileList['profiles'][number];

const columns: readonly Column<Profile>[] = [
  { heading: 'PROFILE', value: ({ name }) => name },
  { heading: 'HOSTS', value: ({ hosts }) => String(hosts) },
  { heading: 'QUANTITY', value: ({ quantity }) => quantity?.toString() },
  { heading: 'COREOS', value: ({ osVersion }) => osVersion },
  { heading: 'METADATA', value: ({ tags }) => tags.join(',') },
];

export function renderProfiles(profiles: readonly Profile[], options: TableOptions): string[] {
  return renderColumns(profiles, columns, options);
}
