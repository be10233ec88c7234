import { formatHostFile } from '../host/host-json.js';
import type { Author, HostStore } from '../host/host-store.js';
import type { Serial } from '../host/serial.js';
import type { DiskClient } from './disk-client.js';
import type { EditedFile } from './disk-messages.js';
import type { StoreLogger } from './store-logger.js';
import { rawIdOf } from './git-object.js';
import { mergeEdit } from './host-edit.js';
import { hostPath } from './layout.js';
import { validHost } from './load-tip.js';
import type { ObjectReader } from './object-reader.js';
import { hostIn } from './take-up.js';
import { findHostFile, type FoundFile } from './work-tree.js';

const OPERATOR: Author = { name: 'operator', kind: 'operator' };

/** Takes up what operators write into the files of the work tree: as commits, or refused with file and line. */
export class OperatorEdits {
  readonly #refused = new Map<string, string>();

  constructor(
    private readonly store: Pick<HostStore, 'change' | 'host'>,
    private readonly disk: DiskClient,
    private readonly reader: ObjectReader,
    private readonly directory: string,
    private readonly logger: StoreLogger,
  ) {}

  get troubles(): readonly string[] {
    return [...this.#refused.values()];
  }

  /** Never rejects: whatever is wrong with one is its trouble, and none of the daemon's. */
  async takeUp(files: readonly EditedFile[]): Promise<void> {
    for (const file of files) await this.#takeUp(file);
  }

  async #takeUp({ path, base }: EditedFile): Promise<void> {
    const serial = path.split('/')[2] as Serial;
    try {
      const found = findHostFile(this.directory, path);
      if (!found) {
        this.#restoreMissing(path, serial);
        return;
      }
      await this.#commit(path, serial, base, found);
      this.disk.tell({ kind: 'seen', path, id: found.id });
      this.#restore(path, serial);
      this.#refused.delete(path);
    } catch (error) {
      this.#refuse(path, error instanceof Error ? error.message : String(error));
    }
  }

  #commit(path: string, serial: Serial, base: string | undefined, found: FoundFile): Promise<void> {
    const before = base === undefined ? undefined : hostIn(this.reader, serial, Buffer.from(base, 'hex'));
    return this.store.change(OPERATOR, (fleet) => {
      const edited = validHost(found.content, path, serial, { fleet });
      const current = fleet.host(serial);
      const host = mergeEdit(before, edited, current);
      const isNew = !current || formatHostFile(current) !== formatHostFile(host);
      return isNew ? [{ host, what: 'edited conf.json' }] : [];
    });
  }

  #refuse(path: string, reason: string): void {
    const trouble = `an edit is not taken up: ${reason}`;
    if (this.#refused.get(path) !== trouble) this.logger.error({ file: path, error: reason }, 'edit refused');
    this.#refused.set(path, trouble);
  }

  #restoreMissing(path: string, serial: Serial): void {
    this.#refused.delete(path);
    if (!this.store.host(serial)) return;
    this.logger.warn(
      { file: path },
      'file is gone, restored: a host leaves by imagoctl retire, or git rm and git commit',
    );
    this.#restore(path, serial);
  }

  /** The file as it is recorded, in imago's own form. */
  #restore(path: string, serial: Serial): void {
    const host = this.store.host(serial);
    if (!host || path !== hostPath(serial)) return;
    const content = Buffer.from(formatHostFile(host), 'utf8');
    this.disk.tell({ kind: 'restore', files: [{ path, content, id: rawIdOf('blob', content) }] });
  }
}
