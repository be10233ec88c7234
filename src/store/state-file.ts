import { renameSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { syncPath, writeDurably } from '../files/durable-file.js';
import type { RepositoryPaths } from './repository.js';
import { jsonIn } from '../json.js';
import { findFile } from './worktree/work-tree.js';

/** Bytes: some hundred thousand entries. A file with more is none of imago's. */
const MOST = 64 * 1024 * 1024;

/** A small file in JSON beside Git's own, of what stands in no commit. */
export class StateFile<T> {
  constructor(
    private readonly paths: Pick<RepositoryPaths, 'stateFolder' | 'scratchFolder'>,
    private readonly name: string,
    private readonly schema: z.ZodType<T>,
  ) {}

  /** Undefined when there is none, or it is damaged: then it says nothing. */
  load(): T | undefined {
    const content = findFile(this.paths.stateFolder, this.name, MOST)?.content;
    return content && this.schema.safeParse(jsonIn(content.toString('utf8'))).data;
  }

  /** Durable on return. */
  save(state: T): void {
    const scratch = join(this.paths.scratchFolder, this.name);
    writeDurably(scratch, Buffer.from(JSON.stringify(state)));
    renameSync(scratch, join(this.paths.stateFolder, this.name));
    syncPath(this.paths.stateFolder);
  }
}
