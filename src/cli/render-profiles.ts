import type { ProfileList } from '../api/schemas.js';
import type { Column } from './columns.js';

type Profile = ProfileList['profiles'][number];

export const profileColumns: readonly Column<Profile>[] = [
  { heading: 'PROFILE', value: ({ name }) => name },
  { heading: 'HOSTS', value: ({ hosts }) => String(hosts) },
  { heading: 'QUANTITY', value: ({ quantity }) => quantity?.toString() },
  { heading: 'COREOS', value: ({ osVersion }) => osVersion },
  { heading: 'METADATA', value: ({ tags }) => tags.join(',') },
];
