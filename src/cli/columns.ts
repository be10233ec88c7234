import { cleanText } from '../errors.js';
import { paint, type Color } from './paint.js';

export interface Column<Item> {
  readonly heading: string;
  readonly value: (item: Item) => string | undefined;
  readonly color?: (item: Item) => Color | undefined;
}

export interface TableOptions {
  /** Whether a line of headings comes first. */
  readonly legend: boolean;
  readonly color: boolean;
  /** Longer lines are cut: on a terminal a wrapped line would shift all that is drawn after it. */
  readonly width?: number;
}

/** Most cells, and quick to tell: tables are long. */
const PRINTABLE_ASCII = /^[ -~]*$/;

/** Stands for what is not known, so that every line has the same number of words. */
const ABSENT = '-';

/** Left-aligned columns, two blanks apart, nothing drawn: fit for awk. */
export function renderColumns<Item>(
  items: readonly Item[],
  columns: readonly Column<Item>[],
  { legend, color, width = Infinity }: TableOptions,
): string[] {
  const texts = items.map((item) => columns.map((column) => cell(column.value(item))));
  if (legend) texts.unshift(columns.map(({ heading }) => heading));
  const widths = columns.map((_, index) =>
    texts.reduce((widest, row) => Math.max(widest, row[index]?.length ?? 0), 0),
  );
  const last = columns.length - 1;
  return texts.map((row, index) => {
    const cells = row.map((text, place) => (place === last ? text : `${text.padEnd(widths[place] ?? 0)}  `));
    const item = items[legend ? index - 1 : index];
    if (!color || item === undefined) return cells.join('').slice(0, width);
    return painted(
      cells,
      columns.map((column) => column.color?.(item)),
      width,
    );
  });
}

/** Colours do not count as width, and end before the blanks that follow a word. */
function painted(cells: readonly string[], colors: readonly (Color | undefined)[], width: number): string {
  let left = width;
  return cells
    .map((whole, place) => {
      const shown = whole.slice(0, left);
      left -= shown.length;
      const word = shown.trimEnd();
      return paint(word, colors[place]) + shown.slice(word.length);
    })
    .join('');
}

/** What machines say of themselves must not steer the terminal that shows it. */
export function cell(value: string | undefined): string {
  if (value === undefined || value === '') return ABSENT;
  return PRINTABLE_ASCII.test(value) ? value : cleanText(value);
}
