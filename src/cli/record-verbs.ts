import { readFile } from 'node:fs/promises';
import { Args, Flags } from '@oclif/core';
import type { ApiClient, RecordPath } from '../api/client.js';
import { fileReason, ImagoError } from '../errors.js';
import type { Column } from './columns.js';
import { canAsk, confirm, confirmationFlags } from './confirm.js';
import { UsageError } from './errors.js';
import { noLegendFlag } from './flags.js';
import { forEachTarget, throwRefusals } from './for-each-target.js';
import { FileUnreadable } from './image-verbs.js';
import { ImagoCommand } from './imago-command.js';
import { jsonIn } from '../json.js';

const verbs = ['list', 'describe', 'put', 'delete'] as const;

/** A record, and what its file holds. */
export interface ShownRecord {
  readonly kind: string;
  readonly name: string;
  readonly content: Buffer;
}

interface VerbFlags {
  readonly yes: boolean;
  readonly 'dry-run': boolean;
  readonly 'no-legend': boolean;
  /** Of kinds that others name. */
  readonly force?: boolean;
}

/** Records in one page of a list. */
const PAGE = 1000;

export const verbArgument = { action: Args.string({ ignoreStdin: true, description: verbs.join(', ') }) };
export const verbFlags = { ...confirmationFlags, 'no-legend': noLegendFlag };
export const forceFlag = Flags.boolean({
  summary: 'Delete also what others name, whose machines then get 404.',
});

/** Records that others cannot do without. */
class StillNamed extends ImagoError {
  readonly code = 'STILL_NAMED';

  constructor(name: string, by: readonly string[]) {
    const more = by.length > MOST_NAMED ? ', …' : '';
    super(
      `${name} is named by ${by.slice(0, MOST_NAMED).join(', ')}${more}: change ${by.length === 1 ? 'it' : 'them'} first, or delete it all the same with --force`,
      { name, by: by.slice(0, MOST_NAMED), count: by.length },
    );
  }
}

const MOST_NAMED = 20;

/** `list`, `describe`, `put` and `delete` of records of some kinds. oclif parses by what a command itself has: these are written into each. */
export abstract class RecordVerbs extends ImagoCommand {
  static override nameField = 'name';
  static override args = verbArgument;
  static override flags = verbFlags;

  protected abstract readonly kinds: readonly string[];
  protected abstract readonly columns: readonly Column<Record<string, unknown>>[];
  /** What a line of the list is made of. */
  protected abstract itemOf(record: ShownRecord): Record<string, unknown>;
  /** @throws UsageError */
  protected abstract pathOf(word: string): RecordPath;
  /** What the words after `put` name: a record, and the file to make it of. @throws UsageError */
  protected abstract wanted(words: readonly string[]): Promise<ShownRecord>;

  /** What names records of these kinds: the kind, and the records that one of it names. */
  protected readonly namedBy: { readonly kind: string; names(file: unknown): readonly string[] } | undefined;
  /** What whoever puts it should know of it. */
  protected warningOf(_record: ShownRecord): string | undefined {
    return undefined;
  }

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(this.ctor as typeof RecordVerbs);
    const [word = 'list', ...words] = argv.map(String);
    const verb = verbs.find((known) => known === word);
    if (verb === undefined) throw new UsageError(`say what to do first: one of ${verbs.join(', ')}`);
    const acts: Readonly<Record<(typeof verbs)[number], () => Promise<unknown>>> = {
      list: async () => this.list(await this.connect(flags), flags),
      describe: async () => this.describe(await this.connect(flags), this.pathsOf(words)),
      put: async () => {
        const record = await this.wanted(words);
        return this.put(await this.connect(flags), record, flags);
      },
      delete: async () => this.delete(await this.connect(flags), this.pathsOf(words), flags),
    };
    return acts[verb]();
  }

  private async list(api: ApiClient, flags: VerbFlags) {
    const items = (await contentsOf(api, await pathsIn(api, this.kinds))).map((record) =>
      this.itemOf(record),
    );
    this.printTable(items, this.columns, flags);
    return items;
  }

  private async describe(api: ApiClient, paths: readonly RecordPath[]) {
    const records = await contentsOf(api, paths);
    this.print(records.flatMap(({ content }) => content.toString('utf8').replace(/\n$/, '').split('\n')));
    return records.map((record) => ({ ...this.itemOf(record), content: record.content.toString('utf8') }));
  }

  private async put(api: ApiClient, { kind, name, content }: ShownRecord, flags: VerbFlags) {
    const warning = this.warningOf({ kind, name, content });
    if (warning !== undefined) this.logToStderr(`warning: ${warning}`);
    if (flags['dry-run']) {
      this.print([`${kind}/${name}: would be put, with ${content.length} bytes`]);
      return { kind, name, changed: false };
    }
    const answer = await api.putRecord({ kind, name }, content);
    const done = answer.changed ? 'put' : 'is like that already';
    this.print([`${kind}/${name}: ${done} (${answer.revision.slice(0, 10)})`]);
    return answer;
  }

  private async delete(api: ApiClient, paths: readonly RecordPath[], flags: VerbFlags) {
    const names = paths.map(({ kind, name }) => `${kind}/${name}`);
    if (!flags.force) await this.requireUnnamed(api, names);
    if (flags['dry-run']) {
      this.print(names.map((name) => `${name}: would be deleted`));
      return paths;
    }
    if (!flags.yes && canAsk()) await confirm(`${names.join(', ')} will be deleted.`);
    const of = new Map(paths.map((path, index) => [names[index] ?? '', path]));
    const outcomes = await forEachTarget(names, async (name) => {
      const path = of.get(name);
      if (path) await api.removeRecord(path);
      return { name };
    });
    this.print(outcomes.done.map(({ name }) => `${name}: deleted`));
    throwRefusals(outcomes);
    return outcomes.done;
  }

  /** The API itself deletes them, as matchbox does. @throws StillNamed */
  private async requireUnnamed(api: ApiClient, names: readonly string[]): Promise<void> {
    const { namedBy } = this;
    if (!namedBy) return;
    const others = await contentsOf(api, await pathsIn(api, [namedBy.kind]));
    for (const name of names) {
      const by = others.filter(({ content }) =>
        namedBy.names(jsonIn(content.toString('utf8'))).includes(name),
      );
      if (by.length > 0)
        throw new StillNamed(
          name,
          by.map((other) => `${other.kind}/${other.name}`),
        );
    }
  }

  private pathsOf(words: readonly string[]): readonly RecordPath[] {
    if (words.length === 0) throw new UsageError('name at least one');
    return words.map((word) => this.pathOf(word));
  }
}

async function pathsIn(api: ApiClient, kinds: readonly string[]): Promise<readonly RecordPath[]> {
  const paths: RecordPath[] = [];
  for (const kind of kinds) {
    let after: string | undefined = '';
    while (after !== undefined) {
      const { records } = await api.records(kind, { limit: PAGE, ...(after !== '' && { after }) });
      paths.push(...records.map(({ name }) => ({ kind, name })));
      after = records.length < PAGE ? undefined : records.at(-1)?.name;
    }
  }
  return paths;
}

async function contentsOf(api: ApiClient, paths: readonly RecordPath[]): Promise<readonly ShownRecord[]> {
  const of = new Map(paths.map((path) => [`${path.kind}/${path.name}`, path]));
  const outcomes = await forEachTarget([...of.keys()], async (key) => {
    const { kind = '', name = '' } = of.get(key) ?? {};
    return { kind, name, content: await api.record({ kind, name }) };
  });
  throwRefusals(outcomes);
  return outcomes.done;
}

/** @throws FileUnreadable */
export async function fileOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new FileUnreadable(path, fileReason(error), error);
  }
}
