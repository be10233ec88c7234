import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';

/** Differs as soon as a name means another file or other content: replacing, writing and changing rights all touch one of these. */
export function identityOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string {
  return [dev, ino, size, mtimeMs, ctimeMs].join(':');
}

/** What the path leads to now; undefined when that cannot be told. */
export async function statsAt(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}
