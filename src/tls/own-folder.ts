import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileReason } from '../errors.js';
import { removeIfPresent, replaceFile, syncPath } from '../files/durable-file.js';
import { ifPresentNow, namesIn } from '../files/if-present.js';
import { readPlainNow } from '../files/read-plain.js';
import { CaUnusable } from './errors.js';

const OF_OTHERS = 0o077;
const OWN_FOLDER = 0o700;
const OWN_FILE = 0o600;
const MOST_BYTES = 64 * 1024;
/** Of a file that is not whole yet, as `replaceFile` names it. */
const UNFINISHED = '.new';

/** The folder of the CA for operators: nobody but this user may look into it, and what is in it is this user's. */
export class OwnFolder {
  private constructor(readonly path: string) {}

  /** Makes it where it is missing, and removes what a killed process had begun there. @throws CaUnusable */
  static open(path: string): OwnFolder {
    const made = attempt(path, () => mkdirSync(path, { recursive: true, mode: OWN_FOLDER }));
    // Clients hold on to what was made in it: its name has to outlive a power cut.
    if (made !== undefined) attempt(path, () => syncPath(dirname(made)));
    const folder = new OwnFolder(path);
    folder.#require(path, OWN_FOLDER);
    const unfinished = namesIn(path).filter((name) => name.endsWith(UNFINISHED));
    attempt(path, () => unfinished.forEach((name) => removeIfPresent(join(path, name))));
    return folder;
  }

  at(name: string): string {
    return join(this.path, name);
  }

  /** What a file says; undefined where there is none. @throws CaUnusable where others may read it, as where it cannot be read */
  read(name: string): string | undefined {
    const path = this.at(name);
    const bytes = attempt(path, () => ifPresentNow(() => ({ found: readPlainNow(path, MOST_BYTES) })));
    if (bytes === undefined) return undefined;
    if (bytes.found === undefined)
      throw new CaUnusable(path, 'it is no file of its own: put the file itself there');
    this.#require(path, OWN_FILE);
    return bytes.found.toString('utf8');
  }

  /** Durable on return. @throws CaUnusable */
  async write(name: string, content: string): Promise<void> {
    const path = this.at(name);
    try {
      await replaceFile(path, content, OWN_FILE);
    } catch (error) {
      throw new CaUnusable(path, `${fileReason(error)}; it has to be written`, error);
    }
  }

  #require(path: string, mode: number): void {
    const { uid, mode: held } = attempt(path, () => statSync(path));
    const own = process.geteuid?.() ?? uid;
    if (uid !== own && uid !== 0) {
      const reason = `it belongs to the user ${uid}, who could put another CA there; if that is nobody else than you: chown -R ${own} ${this.path}`;
      throw new CaUnusable(path, reason);
    }
    if ((held & OF_OTHERS) === 0) return;
    throw new CaUnusable(path, openTo(held, mode, path, this.path));
  }
}

function openTo(held: number, mode: number, path: string, folder: string): string {
  const [is, ought] = [(held & 0o777).toString(8), mode.toString(8)];
  return `other users may read it (mode ${is}); if none of them has: chmod ${ought} ${path}. If one may have, remove ${folder}: another CA is made, and operators log in again`;
}

function attempt<T>(path: string, deed: () => T): T {
  try {
    return deed();
  } catch (error) {
    throw new CaUnusable(path, `${fileReason(error)}; see that imago’s user may read and write it`, error);
  }
}
