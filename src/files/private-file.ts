import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileReason } from '../errors.js';
import { replaceFile } from './durable-file.js';
import { ifPresent } from './if-present.js';
import { readAtMost } from './read-plain.js';

/** Only imago's user reads it, and writes to it: who writes to it makes himself an admin. */
const MODE = 0o600;
const OF_OTHERS = 0o077;
/** Far more than any has. */
const MOST_BYTES = 4 << 20;

/** Why a file cannot be trusted, or not be read; what to do about it. */
export class Untrusted extends Error {
  constructor(
    readonly reason: string,
    /** Undefined where it has to be brought back, or given up. */
    readonly remedy?: string,
  ) {
    super(reason);
  }
}

/** A file that says who may command: replaced as a whole, and believed only where nobody else can have written it. */
export class PrivateFile {
  #saving: Promise<void> = Promise.resolve();

  constructor(private readonly path: string) {}

  /** Undefined where there is none. @throws Untrusted */
  async read(): Promise<string | undefined> {
    let file: FileHandle | undefined;
    try {
      // Without O_NONBLOCK opening a named pipe would wait for its writer.
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      file = await ifPresent(open(this.path, flags));
      if (!file) return undefined;
      const stats = await file.stat();
      if (!stats.isFile()) throw new Untrusted('it is no file');
      // Whose the folder is can put any file there.
      const owners = [0, process.geteuid?.(), (await stat(dirname(this.path))).uid];
      if (!owners.includes(stats.uid))
        throw new Untrusted(
          `it belongs to another user (${stats.uid})`,
          `see that what stands in it is yours, then chown it`,
        );
      if ((stats.mode & OF_OTHERS) !== 0) {
        const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
        throw new Untrusted(
          `others than imago's user can read or write it (mode ${mode})`,
          `chmod 600 ${this.path}, and revoke the tokens that you do not know`,
        );
      }
      if (stats.size > MOST_BYTES) throw new Untrusted(`it has ${stats.size} bytes, which no such file has`);
      return (await readAtMost(file, stats.size, MOST_BYTES)).toString('utf8');
    } catch (error) {
      if (error instanceof Untrusted) throw error;
      throw new Untrusted(fileReason(error, { ELOOP: 'it is a link' }), 'put that right');
    } finally {
      await file?.close();
    }
  }

  /** Durable when it resolves; later ones come after earlier ones. @throws what the system says */
  async save(text: () => string): Promise<void> {
    const before = this.#saving;
    const save = async (): Promise<void> => {
      await before.catch(() => undefined);
      await replaceFile(this.path, text(), MODE);
    };
    this.#saving = save();
    await this.#saving;
  }
}
