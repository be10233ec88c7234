import { linkSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../errors.js';
import { advanceRef, readRef, refContent } from '../git/branch-ref.js';
import type { FlushBatch, FlushOutcome } from './disk-messages.js';
import { removeIfPresent, syncPath, writeDurably, writeTogether } from '../files/durable-file.js';

/**
 * Makes one batch of commits durable: what pack, index and branch will hold flushed together, then the names of pack and
 * index, then the branch's. A power cut at any point leaves the branch at a commit whose objects are all there.
 * @param beforeMove is called once the objects are safe, before the branch moves.
 */
export async function flushBatch(
  gitDirectory: string,
  scratchFolder: string,
  branch: string,
  batch: FlushBatch,
  beforeMove: () => void,
): Promise<FlushOutcome> {
  const folder = join(gitDirectory, 'objects', 'pack');
  const target = join(folder, batch.name);
  const scratch = join(folder, `tmp_imago_${batch.number}`);
  const ref = join(scratchFolder, 'ref');
  try {
    await writeTogether([
      { path: `${scratch}.pack`, content: batch.pack, mode: 0o444 },
      { path: `${scratch}.idx`, content: batch.index, mode: 0o444 },
      { path: ref, content: refContent(batch.next) },
    ]);
    // A repack that starts now would not find these objects reachable: it leaves a kept pack alone. Being a link to the
    // pack, the mark is whole after a power cut, and nobody's but imago's.
    removeIfPresent(`${target}.keep`);
    linkSync(`${scratch}.pack`, `${target}.keep`);
    renameSync(`${scratch}.pack`, `${target}.pack`);
    renameSync(`${scratch}.idx`, `${target}.idx`);
    syncPath(folder);
    beforeMove();
    const moved = advanceRef(gitDirectory, branch, batch.expected, ref);
    if (moved.moved) {
      forgetPack(target);
      return { kind: 'moved', head: moved.head };
    }
    removeIfPresent(`${target}.keep`);
    return { kind: 'durable' };
  } catch (error) {
    clearAway([`${scratch}.pack`, `${scratch}.idx`]);
    if (isUnreferenced(gitDirectory, branch, batch))
      clearAway(ENDINGS.map((ending) => `${target}.${ending}`));
    return failure(error);
  }
}

/** As much as a small batch needs. */
const PROBE_BYTES = 64 * 1024;

export function probeDisk(scratchFolder: string): FlushOutcome {
  const file = join(scratchFolder, 'probe');
  try {
    writeDurably(file, Buffer.alloc(PROBE_BYTES));
    return { kind: 'durable' };
  } catch (error) {
    return failure(error);
  } finally {
    clearAway([file]);
  }
}

function failure(error: unknown): FlushOutcome {
  return {
    kind: 'failed',
    errorCode: errorCode(error),
    message: error instanceof Error ? error.message : 'it failed without a reason',
  };
}

const ENDINGS = ['idx', 'pack', 'keep'] as const;

function forgetPack(target: string): void {
  for (const ending of ENDINGS) removeIfPresent(`${target}.${ending}`);
}

/** Where the branch cannot even be read, its objects stay. */
function isUnreferenced(gitDirectory: string, branch: string, batch: FlushBatch): boolean {
  try {
    return readRef(gitDirectory, branch) === batch.expected;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

/** On a disk that has just failed, removing may fail as well; the next start clears what is left. */
function clearAway(paths: readonly string[]): void {
  for (const path of paths) {
    try {
      removeIfPresent(path);
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
    }
  }
}
