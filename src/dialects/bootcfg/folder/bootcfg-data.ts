import { ImagoError } from '../../../errors.js';
import { parseBootConfig, type BootConfig } from '../boot-config.js';
import { findFile, type FoundFile, type Shelf, type Wanted } from './data-folder.js';

export interface FoundConfig extends Omit<FoundFile, 'bytes'> {
  readonly config: BootConfig;
}

/** A data folder as it stands at each question. */
export class BootcfgData {
  /** @param saw Told of each file that was asked for, and what is wrong with it. */
  constructor(
    private readonly root: string,
    private readonly saw: (path: string, trouble: ImagoError | undefined) => void = () => undefined,
  ) {}

  /** @throws InvalidRecord that tells file and line */
  async bootConfig(wanted: Wanted): Promise<FoundConfig | undefined> {
    return this.#read('boot', wanted, ({ path, rule, bytes }) => ({
      path,
      rule,
      config: parseBootConfig(bytes.toString('utf8'), path),
    }));
  }

  /** Byte for byte. @throws InvalidRecord that tells the file */
  async cloudConfig(wanted: Wanted): Promise<Buffer | undefined> {
    return this.#read('cloud', wanted, ({ bytes }) => bytes);
  }

  async #read<T>(shelf: Shelf, wanted: Wanted, read: (file: FoundFile) => T): Promise<T | undefined> {
    try {
      const file = await findFile(this.root, shelf, wanted);
      if (!file) return undefined;
      const value = read(file);
      this.saw(file.path, undefined);
      return value;
    } catch (error) {
      const path = error instanceof ImagoError ? error.facts['file'] : undefined;
      if (error instanceof ImagoError && typeof path === 'string') this.saw(path, error);
      throw error;
    }
  }
}
