import { z } from 'zod';
import { formatHostFile } from '../../host/host-json.js';
import { mergeEdit } from '../../host/host-diff.js';
import type { Author, HostStore } from '../../host/host-store.js';
import { requireLockKept } from '../../host/lock.js';
import { changeWords } from '../../host/change-words.js';
import type { Serial } from '../../host/serial.js';
import type { DiskClient } from '../disk-client.js';
import type { EditedFile } from '../disk-messages.js';
import type { StoreLogger } from '../store-logger.js';
import { hostToRestore } from './adopt-work-tree.js';
import { decodeCommit } from '../../git/commit.js';
import type { ObjectId } from '../../git/object.js';
import { hostPath } from '../layout.js';
import { validHost } from '../load-tip.js';
import type { ObjectReader } from '../../git/object-reader.js';
import type { RepositoryPaths } from '../repository.js';
import { StateFile } from '../state-file.js';
import { hostIn } from '../take-up.js';
import { fileAt } from './torn-checkout.js';
import { findHostFile, type FoundFile } from './work-tree.js';

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
    private readonly store: Pick<HostStore, 'change' | 'host'> & { readonly head: ObjectId | undefined },
    private readonly disk: DiskClient,
    private readonly reader: ObjectReader,
    private readonly paths: RepositoryPaths,
    private readonly logger: StoreLogger,
  ) {
    this.#file = new StateFile(paths, 'refused-edits.json', bases);
  }

  get troubles(): readonly string[] {
    return [...this.#refused.values()];
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
    for (const { path, base = null } of files) {
      await this.#takeUp(path, this.#bases.get(path) ?? base);
    }
    this.#saveBases();
  }

  async #takeUp(path: string, base: string | null): Promise<void> {
    const serial = path.split('/')[2] as Serial;
    try {
      const found = findHostFile(this.paths.directory, path);
      if (!found) {
        this.#restoreMissing(path, serial);
        return;
      }
      await this.#commit(path, serial, base, found);
      this.disk.tell({ kind: 'seen', path, id: found.id });
      this.#restore(path, serial);
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

  #refuse(path: string, base: string | null, reason: string): void {
    const trouble = `an edit is not taken up: ${reason}`;
    if (this.#refused.get(path) !== trouble) this.logger.error({ file: path, error: reason }, 'edit refused');
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

  #restoreMissing(path: string, serial: Serial): void {
    this.#settle(path);
    if (!this.store.host(serial)) return;
    this.logger.warn(
      { file: path },
      'file is gone, restored: a host leaves by imagoctl retire, or git rm and git commit',
    );
    this.#restore(path, serial);
  }

  /** The file as it is recorded, to the byte: one that an operator committed is as he wrote it, and Git has no other. */
  #restore(path: string, serial: Serial): void {
    const { head } = this.store;
    if (head === undefined || path !== hostPath(serial)) return;
    const id = fileAt(this.reader, decodeCommit(this.reader.readAs('commit', head)), serial);
    if (id === undefined) return;
    this.disk.tell({ kind: 'restore', files: [hostToRestore(this.reader, path, Buffer.from(id, 'hex'))] });
  }
}
