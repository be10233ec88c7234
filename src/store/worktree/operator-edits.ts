import { join } from 'node:path';
import { z } from 'zod';
import { formatHostFile } from '../../host/host-json.js';
import { mergeEdit } from '../../host/host-diff.js';
import type { Author } from '../../host/host-store.js';
import { InvalidRecord } from '../../host/record-kind.js';
import { requireLockKept } from '../../host/lock.js';
import { changeWords } from '../../host/change-words.js';
import type { Serial } from '../../host/serial.js';
import type { DiskClient } from '../disk-client.js';
import type { EditedFile } from '../disk-messages.js';
import type { StoreLogger } from '../store-logger.js';
import type { GitHostStore } from '../git-host-store.js';
import { recordToRestore } from './adopt-work-tree.js';
import { decodeCommit } from '../../git/commit.js';
import { statOf } from '../../git/index-file.js';
import type { ObjectId } from '../../git/object.js';
import {
  isRecordName,
  keyAt,
  kindOf,
  partsOfName,
  pathOf,
  type Kinds,
  type RecordKey,
  type RecordName,
} from '../layout.js';
import { linkFault } from '../link-fault.js';
import { validHost } from '../load-tip.js';
import type { ObjectReader } from '../../git/object-reader.js';
import { mergeRecord, parseRecord, recordIn } from '../record-file.js';
import type { RepositoryPaths } from '../repository.js';
import { StateFile } from '../state-file.js';
import { hostIn } from '../take-up.js';
import { fileAt } from './torn-checkout.js';
import { findRecordFile, linkOnWay, type FoundFile } from './work-tree.js';

/** Files taken up in one batch of commits. */
const AT_ONCE = 64;

const OPERATOR: Author = { name: 'operator', kind: 'operator' };

/** By path, what the operator had before him; null where that was nothing. */
const bases = z.record(z.string(), z.string().nullable());

/**
 * Takes up what operators write into the files of the work tree: as commits, or refused with file and line. What an edit that
 * is refused began with is kept, over restarts too: once it is corrected, only what the operator changed is taken of it.
 */
export class OperatorEdits {
  readonly #refused = new Map<string, string>();
  readonly #bases = new Map<string, string | null>();
  readonly #file: StateFile<z.infer<typeof bases>>;
  #hasNews = false;

  constructor(
    private readonly store: Pick<GitHostStore, 'change' | 'host' | 'records' | 'head'>,
    private readonly kinds: Kinds,
    private readonly disk: DiskClient,
    private readonly reader: ObjectReader,
    private readonly paths: RepositoryPaths,
    private readonly logger: StoreLogger,
  ) {
    this.#file = new StateFile(paths, 'refused-edits.json', bases);
  }

  get troubles(): readonly string[] {
    return [...new Set(this.#refused.values())];
  }

  /** Never rejects. What a start found: some of it may have been refused before. */
  async begin(files: readonly EditedFile[]): Promise<void> {
    const kept = Object.entries(this.#file.load() ?? {});
    const found = new Set(files.map(({ path }) => path));
    for (const [path, base] of kept) if (found.has(path)) this.#bases.set(path, base);
    this.#hasNews = this.#bases.size < kept.length;
    await this.takeUp(files);
  }

  /** Never rejects: whatever is wrong with one is its trouble, and none of the daemon's. */
  async takeUp(files: readonly EditedFile[]): Promise<void> {
    for (let from = 0; from < files.length; from += AT_ONCE) {
      const some = files.slice(from, from + AT_ONCE);
      await Promise.all(
        some.map(({ path, base = null }) => this.#takeUp(path, this.#bases.get(path) ?? base)),
      );
    }
    this.#saveBases();
  }

  async #takeUp(path: string, base: string | null): Promise<void> {
    const key = keyAt(this.kinds, path);
    if (key === undefined) return;
    try {
      const { directory } = this.paths;
      const link = linkOnWay(directory, path);
      if (link !== undefined) throw linkFault(link);
      const found = findRecordFile(directory, path);
      if (found?.isLink) throw linkFault(path);
      const isInPlace = !isRecordName(key) || path === pathOf(this.kinds, key);
      if (!found && isInPlace && statOf(join(directory, path))) throw noFile(path);
      if (!found) {
        this.#restoreMissing(path, key);
        return;
      }
      if (isRecordName(key)) await this.#commitRecord(path, key, base, found);
      else await this.#commit(path, key, base, found);
      if (isRecordName(key) && path !== pathOf(this.kinds, key)) {
        // What it says is in its place now.
        this.disk.tell({ kind: 'restore', files: [{ path }] });
      } else {
        this.disk.tell({ kind: 'seen', path, id: found.id });
        this.#restore(path, key);
      }
      this.#settle(path);
    } catch (error) {
      this.#refuse(path, base, error instanceof Error ? error.message : String(error));
    }
  }

  async #commit(path: string, serial: Serial, base: string | null, found: FoundFile): Promise<void> {
    const before = base === null ? undefined : hostIn(this.reader, serial, Buffer.from(base, 'hex'));
    await this.store.change(OPERATOR, (fleet) => {
      const edited = validHost(found.content, path, serial, { fleet });
      const current = fleet.host(serial);
      const host = mergeEdit(before, edited, current);
      const isNew = !current || formatHostFile(current) !== formatHostFile(host);
      if (isNew) requireLockKept(current, host);
      return isNew ? [{ host, what: changeWords.edited }] : [];
    });
  }

  async #commitRecord(path: string, key: RecordName, base: string | null, found: FoundFile): Promise<void> {
    const kind = kindOf(this.kinds, key);
    if (!kind) return;
    const edited = parseRecord(kind, key, found.content, path);
    const before = recordIn(this.reader, kind, key, base === null ? undefined : Buffer.from(base, 'hex'));
    await this.store
      .records(kind)
      .change(
        partsOfName(key).name,
        (current) => ({ record: mergeRecord(kind, key, before, edited, current), code: 'edited' }),
        OPERATOR,
      );
  }

  #refuse(path: string, base: string | null, reason: string): void {
    const trouble = `an edit is not taken up: ${reason}`;
    if (this.#refused.get(path) !== trouble) this.logger.error({ file: path, error: reason }, 'edit refused');
    this.disk.tell({ kind: 'refused', path });
    this.#refused.set(path, trouble);
    this.#hasNews ||= this.#bases.get(path) !== base;
    this.#bases.set(path, base);
  }

  #settle(path: string): void {
    this.#refused.delete(path);
    if (this.#bases.delete(path)) this.#hasNews = true;
  }

  /** Where that fails it is tried again with the next edit. */
  #saveBases(): void {
    if (!this.#hasNews) return;
    try {
      this.#file.save(Object.fromEntries(this.#bases));
      this.#hasNews = false;
    } catch (error) {
      this.logger.warn({ error: String(error) }, 'what refused edits began with cannot be kept');
    }
  }

  #restoreMissing(path: string, key: RecordKey): void {
    this.#settle(path);
    const isThere = isRecordName(key) ? this.#committedId(path, key) : this.store.host(key);
    if (!isThere) return;
    const how = isRecordName(key) ? 'a record leaves by' : 'a host leaves by imagoctl retire, or';
    this.logger.warn({ file: path }, `file is gone, restored: ${how} git rm and git commit`);
    this.#restore(path, key);
  }

  /** The file as it is recorded, to the byte: one that an operator committed is as he wrote it, and Git has no other. */
  #restore(path: string, key: RecordKey): void {
    const id = this.#committedId(path, key);
    if (id === undefined) return;
    this.disk.tell({ kind: 'restore', files: [recordToRestore(this.reader, path, Buffer.from(id, 'hex'))] });
  }

  #committedId(path: string, key: RecordKey): ObjectId | undefined {
    const { head } = this.store;
    if (head === undefined || path !== pathOf(this.kinds, key)) return undefined;
    return fileAt(this.reader, decodeCommit(this.reader.readAs('commit', head)), path);
  }
}

function noFile(path: string): InvalidRecord {
  return new InvalidRecord('', path, 'is no file: remove it', { file: path, line: 1 });
}
