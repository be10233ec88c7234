import type { RecordPath } from '../api/client.js';
import { showValue } from '../errors.js';
import { jsonIn } from '../json.js';
import { faultOfJson } from '../json-fault.js';
import { UsageError } from './errors.js';
import { fileOf, RecordVerbs, type ShownRecord } from './record-verbs.js';

/** Records of one kind whose files are JSON, and name themselves by their `id`. */
export abstract class JsonRecordVerbs extends RecordVerbs {
  protected abstract readonly kind: string;
  /** Of their files; of one that is a table also those in it, as in `boot.kernel`, where they are not free. */
  protected abstract readonly fields: readonly string[];

  protected override get kinds(): readonly string[] {
    return [this.kind];
  }

  protected override pathOf(word: string): RecordPath {
    return { kind: this.kind, name: word };
  }

  protected override async wanted(words: readonly string[]): Promise<ShownRecord> {
    const [path, ...more] = words;
    if (path === undefined || more.length > 0) throw new UsageError('give the file, whose id is its name');
    const content = await fileOf(path);
    const fault = faultOfJson(content.toString('utf8'), path);
    if (fault !== undefined) throw new UsageError(fault);
    const { id } = fieldsOf(content);
    if (typeof id !== 'string' || id === '') throw new UsageError(`${path} has no id: write {"id": "…"}`);
    this.#requireKnown(path, fieldsOf(content));
    return { kind: this.kind, name: id, content };
  }

  /** matchbox passes over what it does not know: whoever puts a file by hand is told what would be lost. @throws UsageError */
  #requireKnown(path: string, file: object): void {
    const names = Object.entries(file).flatMap(([name, value]: [string, unknown]) => {
      const isTable = this.fields.some((field) => field.startsWith(`${name.toLowerCase()}.`));
      const inner = isTable && typeof value === 'object' && value !== null ? Object.keys(value) : [];
      return [name, ...inner.map((key) => `${name}.${key}`)];
    });
    const unknown = names.filter((name) => !this.fields.includes(name.toLowerCase()));
    if (unknown.length === 0) return;
    const known = this.fields.join(', ');
    throw new UsageError(
      `${path}: ${unknown.map(showValue).join(', ')}: no fields of ${this.kind}, which would lose them; there are ${known}`,
    );
  }

  protected override itemOf({ name, content }: ShownRecord): Record<string, unknown> {
    return { ...fieldsOf(content), id: name };
  }
}

function fieldsOf(content: Buffer): Record<string, unknown> {
  const value = jsonIn(content.toString('utf8'));
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** The records, as `<kind>/<name>`, that fields of a file name. @param kinds of the records, by the field */
export function namesIn(file: unknown, kinds: Readonly<Record<string, string>>): readonly string[] {
  if (typeof file !== 'object' || file === null) return [];
  return Object.entries(file).flatMap(([field, name]: [string, unknown]) =>
    Object.hasOwn(kinds, field) && typeof name === 'string' ? [`${kinds[field]}/${name}`] : [],
  );
}

/** For a cell: undefined for what is empty, or no text. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
