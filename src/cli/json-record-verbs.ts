import type { RecordPath } from '../api/client.js';
import { jsonIn } from '../json.js';
import { UsageError } from './errors.js';
import { fileOf, RecordVerbs, type ShownRecord } from './record-verbs.js';

/** Records of one kind whose files are JSON, and name themselves by their `id`. */
export abstract class JsonRecordVerbs extends RecordVerbs {
  protected abstract readonly kind: string;

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
    const { id } = fieldsOf(content);
    if (typeof id !== 'string' || id === '') throw new UsageError(`${path} has no id: write {"id": "…"}`);
    return { kind: this.kind, name: id, content };
  }

  protected override itemOf({ name, content }: ShownRecord): Record<string, unknown> {
    return { ...fieldsOf(content), id: name };
  }
}

function fieldsOf(content: Buffer): Record<string, unknown> {
  const value = jsonIn(content.toString('utf8'));
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** For a cell: undefined for what is empty, or no text. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
