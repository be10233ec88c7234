import { constants, type Stats } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { ifPresent } from '../../../files/if-present.js';
import { readAtMost } from '../../../files/read-plain.js';
import { InvalidRecord } from '../../../host/record-kind.js';
import { LARGEST_FILE, requireReadable } from '../largest-file.js';

export interface ReadFile {
  readonly bytes: Buffer;
  /** From before they were read. */
  readonly stats: Stats;
}

/**
 * A regular file; undefined where there is none.
 * @param path Of the file, as far below the data folder as `shown`.
 * @param shown From the data folder on, as it is named in messages.
 * @throws InvalidRecord for one that is too large, or that a link out of the data folder leads to, and what the system says
 */
export async function readBounded(path: string, shown: string): Promise<ReadFile | undefined> {
  const real = await realPathInside(resolve(path, ...shown.split('/').map(() => '..')), path, shown);
  // Without O_NONBLOCK opening a named pipe would wait for its writer.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
  const file = real === undefined ? undefined : await ifPresent(open(real, flags));
  if (!file) return undefined;
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return undefined;
    requireReadable(stats.size, shown);
    const bytes = await readAtMost(file, stats.size, LARGEST_FILE + 1);
    requireReadable(bytes.length, shown);
    return { bytes, stats };
  } finally {
    await file.close();
  }
}

/**
 * Where a path of the data folder leads to; undefined where nothing is.
 * @throws InvalidRecord where that is out of the folder: machines fetch what is in it without a login
 */
export async function realPathInside(root: string, path: string, shown: string): Promise<string | undefined> {
  const real = await ifPresent(realpath(path));
  if (real === undefined) return undefined;
  const base = await realpath(root);
  if (real.startsWith(base.endsWith(sep) ? base : base + sep)) return real;
  throw new InvalidRecord(
    '',
    shown,
    'is or lies behind a link that leads out of the data folder, which is not followed: put what it leads to in its place',
    { file: shown, line: 1 },
  );
}
