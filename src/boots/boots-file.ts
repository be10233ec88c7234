import { join } from 'node:path';
import { replaceFile } from '../files/durable-file.js';
import { readIfPresent } from '../files/if-present.js';
import { StoreUnavailable } from '../host/errors.js';
import { jsonIn } from '../json.js';
import { StaticBoot } from './static-boot.js';

/** Its name in the folder of boots. */
export const BOOTS_FILE = 'boots.json';
/** A copy of it in which something was at fault, for the operator. */
export const DAMAGED_FILE = `${BOOTS_FILE}.damaged`;

export interface KeptBoots {
  /** Those that are sound, however many there are. */
  readonly boots: readonly StaticBoot[];
  /** What is wrong with each of the others, or with the file. */
  readonly faults: readonly string[];
}

/** The boots that are ordered, on disk. */
export class BootsFile {
  readonly #path: string;
  #saving: Promise<void> = Promise.resolve();

  constructor(private readonly folder: string) {
    this.#path = join(folder, BOOTS_FILE);
  }

  /** A file in which anything is at fault is copied aside before the next order replaces it: machines boot as they would without that. */
  async read(): Promise<KeptBoots> {
    const text = await readIfPresent(this.#path);
    if (text === undefined) return { boots: [], faults: [] };
    const kept = soundIn(jsonIn(text));
    if (kept.faults.length > 0) await replaceFile(join(this.folder, DAMAGED_FILE), text);
    return kept;
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
      throw StoreUnavailable.ofFile(this.#path, error);
    }
  }
}

function soundIn(json: unknown): KeptBoots {
  if (!Array.isArray(json)) return { boots: [], faults: ['it is no list in JSON'] };
  const boots = new Map<string, StaticBoot>();
  const faults: string[] = [];
  for (const [place, each] of json.entries()) {
    const { data, error } = StaticBoot.safeParse(each);
    if (!data) {
      const { path = [], message = '' } = error?.issues[0] ?? {};
      faults.push(
        `entry ${place + 1}: ${[path.join('.'), message].filter((part) => part !== '').join(': ')}`,
      );
    } else if (boots.has(data.id)) faults.push(`entry ${place + 1}: another boot has its id as well`);
    else boots.set(data.id, data);
  }
  return { boots: [...boots.values()], faults };
}
