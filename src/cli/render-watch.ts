import type { ApiHost } from '../api/schemas.js';
import { stateNames } from '../api/state-names.js';
import { cell, renderColumns, type Column } from './columns.js';
import { paint } from './paint.js';
import { inOrder } from './render-list.js';
import type { Look } from './keep-looking.js';
import type { ScreenSize } from './terminal.js';

interface ScreenOptions extends ScreenSize {
  readonly legend: boolean;
  readonly color: boolean;
  /** How many machines wait to be accepted. */
  readonly waiting?: number;
}

/**
 * The bytes that turn the terminal into this look: drawn over the one before without clearing it first, so nothing flickers
 * (ECMA-48: CUP, EL, ED). Machines that do not fit are counted.
 */
export function renderScreen(
  { seen: hosts, fault }: Look<readonly ApiHost[]>,
  columns: readonly Column<ApiHost>[],
  { legend, color, waiting, columns: width, rows }: ScreenOptions,
): string {
  const table = renderColumns(inOrder(hosts), columns, { legend, color, width });
  const room = Math.max(1, rows - 2);
  const lines = [
    fault
      ? paint(fault.message.slice(0, width), color ? 'red' : undefined)
      : renderSummary(hosts, waiting).slice(0, width),
    ...(table.length > room ? [...table.slice(0, room - 1), `… and ${table.length - room + 1} more`] : table),
  ];
  return `\u{1b}[H${lines.map((line) => `${line}\u{1b}[K\n`).join('')}\u{1b}[J`;
}

/** `12 machines: 3 installing, 9 running; 2 wait to be accepted` */
export function renderSummary(hosts: readonly ApiHost[], waiting = 0): string {
  const counts = stateNames
    .map((name) => ({ name, count: hosts.filter(({ state }) => state === name).length }))
    .filter(({ count }) => count > 0)
    .map(({ name, count }) => `${count} ${name}`);
  return `${hosts.length} ${hosts.length === 1 ? 'machine' : 'machines'}${counts.length > 0 ? `: ${counts.join(', ')}` : ''}${waiting > 0 ? `; ${waitingWords(waiting)}` : ''}`;
}

/** `2 wait to be accepted` */
export function waitingWords(waiting: number): string {
  return `${waiting} ${waiting === 1 ? 'waits' : 'wait'} to be accepted`;
}

/** The lines of those machines that read differently than before, aligned as the whole table would be. */
export function changedLines(
  before: readonly ApiHost[],
  after: readonly ApiHost[],
  columns: readonly Column<ApiHost>[],
): string[] {
  const reading = (host: ApiHost) => columns.map(({ value }) => cell(value(host))).join('\n');
  const known = new Map(before.map((host) => [host.serial, reading(host)]));
  const ordered = inOrder(after);
  return renderColumns(ordered, columns, { legend: false, color: false }).filter((_, index) => {
    const host = ordered[index];
    return host !== undefined && known.get(host.serial) !== reading(host);
  });
}

/** The serials that are no longer there. */
export function goneSerials(before: readonly ApiHost[], after: readonly ApiHost[]): string[] {
  const present = new Set(after.map(({ serial }) => serial));
  return before.map(({ serial }) => serial).filter((serial) => !present.has(serial));
}
