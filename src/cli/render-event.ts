import type { Event } from '../api/events.js';
import { cell } from './columns.js';
import { instant } from './instant.js';
import { hostColor, paint } from './paint.js';

/** One line: they come one by one, so columns are as wide as serials and states usually are. */
export function renderEvent(event: Event, { color }: { readonly color: boolean }): string {
  const state = cell(event.state).padEnd(10);
  const isFailure =
    (event.kind === 'progress' && event.code === 'failed') ||
    (event.kind === 'stuck' && event.code === 'stuck');
  const what = `${cell(event.what)}${event.author ? ` (${cell(event.author)})` : ''}`;
  return [
    instant(event.time),
    cell(event.serial).padEnd(12),
    color && event.state ? paint(state, hostColor({ state: event.state })) : state,
    color && isFailure ? paint(what, 'red') : what,
  ].join('  ');
}
