import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { isMissing } from '../../../errors.js';
import { InvalidRecord } from '../../../host/record-kind.js';
import { LARGEST_FILE } from '../largest-file.js';

export interface ReadFile {
  readonly bytes: Buffer;
  /** From before they were read. */
  readonly stats: Stats;
}

/**
 * A regular file; undefined where there is none.
 * @param shown As it is named in messages.
 * @throws InvalidRecord for one that is too large, and what the system says
 */
export async function readBounded(path: string, shown: string): Promise<ReadFile | undefined> {
  const file = await opened(path);
  if (!file) return undefined;
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return undefined;
    if (stats.size > LARGEST_FILE) {
      throw new InvalidRecord('', `${stats.size} bytes`, `are more than ${LARGEST_FILE}`, {
        file: shown,
        line: 1,
      });
    }
    return { bytes: await file.readFile(), stats };
  } finally {
    await file.close();
  }
}

async function opened(path: string) {
  try {
    // Without O_NONBLOCK opening a named pipe would wait for its writer.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
