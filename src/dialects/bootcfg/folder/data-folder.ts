import { lstat } from 'node:fs/promises';
import { errorCode, fileReason, isMissing } from '../../../errors.js';
import { openInside, pathInside } from '../../../files/open-inside.js';
import { readAtMost } from '../../../files/read-plain.js';
import { InvalidRecord } from '../../../host/record-kind.js';

/** What a machine fetches: how it boots, or its cloud-config. */
export type Shelf = 'boot' | 'cloud';

/** What a machine says of itself, as far as files go by it. */
export interface Wanted {
  readonly uuid?: string | undefined;
  /** In lower case, with colons. */
  readonly mac?: string | undefined;
}

export interface FoundFile {
  /** From the data folder on, as in `boot/mac/52:54:00:00:00:01`. */
  readonly path: string;
  readonly bytes: Buffer;
  /** Why it was that one, in a sentence. */
  readonly rule: string;
}

/** Of a file in the data folder, in bytes. */
export const LARGEST_FILE = 1024 * 1024;

/**
 * The file of a machine, as it stands now: of its UUID, else of its network card, else the default. One that is there and cannot be
 * read is not passed over: the machine would boot as any other.
 * @throws InvalidRecord that tells the file
 */
export async function findFile(root: string, shelf: Shelf, wanted: Wanted): Promise<FoundFile | undefined> {
  for (const { segments, rule } of placesOf(shelf, wanted)) {
    const bytes = await readInside(root, segments);
    if (bytes) return { path: segments.join('/'), bytes, rule };
  }
  return undefined;
}

function placesOf(shelf: Shelf, { uuid, mac }: Wanted): { segments: readonly string[]; rule: string }[] {
  const own = [
    { by: 'uuid', value: uuid, rule: 'its UUID has a file' },
    {
      by: 'mac',
      value: mac,
      rule: `its network card has a file, and its UUID ${uuid ? 'none' : 'is not known here'}`,
    },
  ].flatMap(({ by, value, rule }) => (value ? [{ segments: [shelf, by, value], rule }] : []));
  return [...own, { segments: [shelf, 'default'], rule: ruleOfDefault(Boolean(uuid), Boolean(mac)) }];
}

/** Of what is not known, it cannot be said whether it has a file. */
function ruleOfDefault(knowsUuid: boolean, knowsMac: boolean): string {
  if (knowsUuid && knowsMac) return 'neither its UUID nor its network card has a file';
  if (knowsUuid) return 'its UUID has no file, and its network card is not known here';
  if (knowsMac) return 'its network card has no file, and its UUID is not known here';
  return 'neither its UUID nor its network card is known here';
}

/**
 * Undefined where no file is, or a name that would lead elsewhere.
 * @throws InvalidRecord for one that is too large, that leads out of the root, or that this user may not read
 */
export async function readInside(root: string, segments: readonly string[]): Promise<Buffer | undefined> {
  const path = segments.join('/');
  const fault = (value: string, remedy: string) =>
    new InvalidRecord('', value, remedy, { file: path, line: 1 });
  let file = await openInside(root, segments);
  if (!file) {
    if (!(await isFileThere(root, segments))) return undefined;
    // An editor may have put it there in between.
    file = await openInside(root, segments);
  }
  if (!file)
    throw fault(
      path,
      'cannot be read: it must be a file that this user may read, and no link out of the folder',
    );
  try {
    if (file.stats.size > LARGEST_FILE)
      throw fault(`${file.stats.size} bytes`, `are more than a file here may have: ${LARGEST_FILE}`);
    return await readAtMost(file.handle, file.stats.size, LARGEST_FILE);
  } catch (error) {
    if (error instanceof InvalidRecord) throw error;
    throw fault(path, `cannot be read: ${fileReason(error)}`);
  } finally {
    await file.handle.close();
  }
}

async function isFileThere(root: string, segments: readonly string[]): Promise<boolean> {
  const path = pathInside(root, segments);
  if (path === undefined) return false;
  try {
    return !(await lstat(path)).isDirectory();
  } catch (error) {
    return !isMissing(error) && errorCode(error) !== 'ENAMETOOLONG';
  }
}
