import { readIfPresent } from '../files/if-present.js';
import { parseEnvironmentFile } from './machine-environment.js';

/** What the machine's files say together; of a key in several the last file counts. Files that do not exist are passed over. */
export async function readEnvironment(files: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const texts = await Promise.all(files.map(readIfPresent));
  return new Map(texts.flatMap((text) => [...parseEnvironmentFile(text ?? '')]));
}
