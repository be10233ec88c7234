import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { ImagoError } from '../errors.js';
import type { BackupOutcome, BackupSettings } from './backup-thread.js';
import { CannotBackUp } from './backup.js';
import type { ObjectId } from '../git/object.js';
import { FolderArchive } from './tar.js';

export class BackupRunning extends ImagoError {
  readonly code = 'BACKUP_RUNNING';

  constructor() {
    super('a backup is being made already: wait until it has ended');
  }
}

/** A backup of it would be none. */
class DamagedCluster extends ImagoError {
  readonly code = 'DAMAGED_CLUSTER';

  constructor(directory: string, fault: string) {
    super(
      `${directory} is not saved: ${fault}. git fsck there tells what is lost; an earlier backup or a clone has it. What is left can be copied by hand: cp -a ${directory} ELSEWHERE`,
      { directory, fault },
    );
  }
}

/** A moment of the fleet, as an archive. */
export interface Backup {
  /** The commit that it stands at. */
  readonly head: ObjectId;
  readonly bytes: number;
  /** Has to be read to its end, or destroyed. */
  readonly content: Readable;
}

/** Backups of a cluster that goes on meanwhile: copied by a thread of its own, checked to be whole, one at a time. */
export class ClusterBackups {
  #isRunning = false;

  /** @param scratch a folder for the copy, which is made and removed. */
  constructor(
    private readonly directory: string,
    private readonly scratch: string,
    private readonly clock: () => Date,
  ) {}

  /** @throws CannotBackUp, BackupRunning, DamagedCluster */
  async make(): Promise<Backup> {
    if (this.#isRunning) throw new BackupRunning();
    this.#isRunning = true;
    try {
      this.#clear();
      mkdirSync(dirname(this.scratch), { recursive: true });
      const head = await this.#copy();
      const archive = new FolderArchive(this.scratch, basename(this.directory), this.clock());
      let isOver = false;
      const end = (): void => {
        if (!isOver) this.#end();
        isOver = true;
      };
      const content = Readable.from(endingBeforeLast(archive.content(), end), { objectMode: false });
      content.once('close', end); // also of one that nobody read
      return { head, bytes: archive.bytes, content };
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  async #copy(): Promise<ObjectId> {
    const workerData: BackupSettings = { source: this.directory, target: this.scratch };
    const thread = new Worker(new URL('./backup-thread.js', import.meta.url), { workerData });
    const [outcome] = (await once(thread, 'message')) as [BackupOutcome];
    if ('head' in outcome) return outcome.head;
    if ('fault' in outcome) throw new DamagedCluster(this.directory, outcome.fault);
    throw new CannotBackUp(this.scratch, outcome.error);
  }

  #end(): void {
    this.#isRunning = false;
    this.#clear();
  }

  #clear(): void {
    rmSync(this.scratch, { recursive: true, force: true });
  }
}

/** Once the last chunk has been sent, whoever got it may ask for the next backup. */
async function* endingBeforeLast(chunks: AsyncIterable<Buffer>, end: () => void): AsyncGenerator<Buffer> {
  let held: Buffer | undefined;
  for await (const chunk of chunks) {
    if (held) yield held;
    held = chunk;
  }
  end();
  if (held) yield held;
}
