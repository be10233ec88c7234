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
  const rows = items.map((item) =>
    columns.map((column) => ({
      text: cell(column.value(item)),
      color: color ? column.color?.(item) : undefined,
    })),
  );
  if (legend) rows.unshift(columns.map(({ heading }) => ({ text: heading, color: undefined })));
  const widths = columns.map((_, index) =>
    rows.reduce((width, row) => Math.max(width, row[index]?.text.length ?? 0), 0),
  );
  return rows.map((row) => {
    let left = width;
    return row
      .map(({ text, color }, index) => {
        const gap = index === row.length - 1 ? '' : ' '.repeat((widths[index] ?? 0) - text.length + 2);
        const shown = `${text}${gap}`.slice(0, left);
        left -= shown.length;
        return paint(shown.slice(0, text.length), color) + shown.slice(text.length);
      })
      .join('');
  });
}

/** What machines say of themselves must not steer the terminal that shows it. */
export function cell(value: string | undefined): string {
  if (value === undefined || value === '') return ABSENT;
  return PRINTABLE_ASCII.test(value) ? value : cleanText(value);
}
