import type { OrderedBoot } from '../api/boots.js';
import type { Column } from './columns.js';
import { instant } from './times.js';

export const bootColumns: readonly Column<OrderedBoot>[] = [
  { heading: 'ID', value: ({ id }) => id },
  { heading: 'MACHINES', value: whom },
  { heading: 'TIMES', value: ({ times }) => times },
  { heading: 'UNTIL', value: ({ until }) => instant(until) },
  { heading: 'BOOTED', value: ({ times, booted }) => (times === 'once' ? String(booted) : undefined) },
  { heading: 'READY', value: ({ isReady }) => (isReady ? 'yes' : 'no') },
  { heading: 'BY', value: ({ by }) => by },
  { heading: 'FILES', value: ({ files }) => files.map(({ from }) => from).join(' ') },
];

/** `1a2b3c4d: any machine boots vmlinuz once, until 2026-11-21T02:05:14Z` */
export function bootLine(boot: OrderedBoot): string {
  const { id, times, until, files } = boot;
  const how = times === 'once' ? 'once' : 'each time';
  return `${id}: ${whom(boot)} boots ${files[0]?.from ?? ''} ${how}, until ${instant(until)}`;
}

function whom({ macs, includeRunning }: OrderedBoot): string {
  if (macs.length > 0) return macs.join(',');
  return includeRunning ? 'any machine, also one in use' : 'any machine';
}
