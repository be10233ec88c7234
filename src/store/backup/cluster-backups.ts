import { createReadStream, mkdirSync, rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { ImagoError } from '../../errors.js';
import { takeBundle } from '../../git/bundle.js';
import { GitFailed } from '../../git/git-command.js';
import type { ObjectId } from '../../git/object.js';
import { initRepository, repositoryPaths } from '../repository.js';
import { CannotBackUp, bundleFolder } from './bundle-folder.js';

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

/** A moment of the fleet, as a bundle. */
export interface Backup {
  /** The commit that it stands at. */
  readonly head: ObjectId;
  readonly bytes: number;
  /** Has to be read to its end, or destroyed. */
  readonly content: Readable;
}

/** Backups of a cluster that goes on meanwhile, one at a time. */
export class ClusterBackups {
  #isRunning = false;

  /** @param scratch a folder for the bundle, which is made and removed. */
  constructor(
    private readonly directory: string,
    private readonly scratch: string,
  ) {}

  /** @throws CannotBackUp, BackupRunning, DamagedCluster */
  async make(): Promise<Backup> {
    if (this.#isRunning) throw new BackupRunning();
    this.#isRunning = true;
    try {
      const file = resolve(this.scratch, 'cluster.bundle');
      const head = await this.#bundle(file, ATTEMPTS);
      const { size: bytes } = statSync(file);
      let isOver = false;
      const end = (): void => {
        if (!isOver) this.#end();
        isOver = true;
      };
      const content = Readable.from(endingBeforeLast(file, bytes, end), { objectMode: false });
      content.once('close', end); // also of one that nobody read
      return { head, bytes, content };
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  /** It is restored once before it counts: that proves each object of it, and that none is missing. */
  async #bundle(file: string, attempts: number): Promise<ObjectId> {
    this.#clear();
    mkdirSync(this.scratch, { recursive: true });
    try {
      const head = await bundleFolder(this.directory, file, this.scratch);
      const proof = repositoryPaths(resolve(this.scratch, 'proof'));
      initRepository(proof);
      await takeBundle(file, proof.gitDirectory, proof.scratchFolder);
      rmSync(proof.directory, { recursive: true });
      return head;
    } catch (error) {
      if (!(error instanceof GitFailed)) throw error;
      if (error.isOfSystem) throw new CannotBackUp(this.directory, error.message);
      if (attempts > 1) return this.#bundle(file, attempts - 1);
      throw new DamagedCluster(this.directory, error.message);
    }
  }

  #end(): void {
    this.#isRunning = false;
    this.#clear();
  }

  #clear(): void {
    rmSync(this.scratch, { recursive: true, force: true });
  }
}

/** A repack can take packs away while they are read; what is damaged is so the second time as well. */
const ATTEMPTS = 2;

/** Once the last chunk has been sent, whoever got it may ask for the next backup. */
async function* endingBeforeLast(file: string, bytes: number, end: () => void): AsyncGenerator<Buffer> {
  let sent = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    sent += chunk.length;
    if (sent === bytes) end();
    yield chunk;
  }
}
