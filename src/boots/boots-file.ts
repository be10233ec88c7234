import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { errorCode, fileReason } from '../errors.js';
import { replaceFile } from '../files/durable-file.js';
import { readIfPresent } from '../files/if-present.js';
import { StoreUnavailable } from '../host/errors.js';
import { jsonIn } from '../json.js';
import { StaticBoot } from './static-boot.js';

/** Its name in the folder of boots. */
export const BOOTS_FILE = 'boots.json';

/** The boots that are ordered, on disk. */
export class BootsFile {
  readonly #path: string;
  #saving: Promise<void> = Promise.resolve();

  constructor(folder: string) {
    this.#path = join(folder, BOOTS_FILE);
  }

  /** What cannot be read is put aside, and `whenDamaged` told of it: machines boot as they would without. */
  async read(whenDamaged: (path: string) => void): Promise<StaticBoot[]> {
    const text = await readIfPresent(this.#path);
    if (text === undefined) return [];
    const kept = z.array(StaticBoot).safeParse(jsonIn(text));
    if (kept.success) return kept.data;
    await rename(this.#path, `${this.#path}.damaged`);
    whenDamaged(this.#path);
    return [];
  }

  /** Durable when it resolves; later ones come after earlier ones. @throws StoreUnavailable */
  async save(boots: readonly StaticBoot[]): Promise<void> {
    const before = this.#saving;
    const save = async (): Promise<void> => {
      await before.catch(() => undefined);
      await replaceFile(this.#path, `${JSON.stringify(boots, null, 2)}\n`);
    };
    this.#saving = save();
    try {
      await this.#saving;
    } catch (error) {
      const isFull = ['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '');
      throw new StoreUnavailable(`${this.#path}: ${fileReason(error)}`, isFull ? 'full' : 'unavailable', {
        cause: error,
      });
    }
  }
}
