import { cleanText, escapeText } from '../errors.js';
import type { Column } from './columns.js';
import type { OutputFormat } from './output-flag.js';

/** What a command shows as a table. */
export interface Table<Item = unknown> {
  readonly items: readonly Item[];
  readonly columns: readonly Column<Item>[];
  readonly legend: boolean;
}

export interface Findings {
  /** What the command answers. */
  readonly value: unknown;
  /** Where it shows a table: csv has the same columns, and names are of its rows. */
  readonly table?: Table | undefined;
  /** The field that names one of them. */
  readonly nameField: string;
}

type Render = (findings: Findings) => string;

/** The one for programs that was asked for; what is large is loaded only then. */
export async function outputRenderer(format: Exclude<OutputFormat, 'table'>): Promise<Render> {
  if (format === 'json') return ({ value }) => `${escapeText(JSON.stringify(value, null, 2))}\n`;
  if (format === 'yaml') {
    const { Document, visit } = await import('yaml');
    return ({ value }) => {
      const document = new Document(value);
      visit(document, {
        Scalar(_, scalar) {
          const { value: text } = scalar;
          if (typeof text === 'string' && cleanText(text) !== text) scalar.type = 'QUOTE_DOUBLE';
        },
      });
      return escapeText(document.toString({ lineWidth: 0 }));
    };
  }
  if (format === 'csv') {
    return ({ value, table }) => lines(table ? csvOfTable(table) : csvOfRecords(itemsOf(value)));
  }
  return ({ value, table, nameField }) => lines(namesOf(table?.items ?? itemsOf(value), nameField));
}

/** The headings are those that `--fields` takes. */
function csvOfTable({ items, columns, legend }: Table): string[] {
  const rows = items.map((item) => columns.map(({ value }) => value(item)));
  const headings = columns.map(({ heading }) => heading.toLowerCase());
  return (legend ? [headings, ...rows] : rows).map(csvLine);
}

/** As `import` reads it: lists and tables in a cell are separated by blanks. */
function csvOfRecords(items: readonly unknown[]): string[] {
  const records = items.map((item) => (isRecord(item) ? item : { value: item }));
  const headings = [...new Set(records.flatMap((record) => Object.keys(record)))];
  if (headings.length === 0) return [];
  return [headings, ...records.map((record) => headings.map((heading) => csvText(record[heading])))].map(
    csvLine,
  );
}

function csvText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value.map((item) => csvText(item) ?? '').join(' ');
  if (!isRecord(value)) return scalar(value);
  return Object.entries(value)
    .map(([key, inner]) => `${key}=${csvText(inner) ?? ''}`)
    .join(' ');
}

/** RFC 4180 §2.5–2.7 */
function csvLine(cells: readonly (string | undefined)[]): string {
  return cells
    .map((cell = '') => cleanText(cell))
    .map((cell) => (/[",]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(',');
}

function namesOf(items: readonly unknown[], field: string): string[] {
  return items.flatMap((item) => {
    const name = isRecord(item) ? item[field] : item;
    return typeof name === 'string' ? [cleanText(name)] : [];
  });
}

function scalar(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('');
}
