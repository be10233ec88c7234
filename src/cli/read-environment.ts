import { readFile } from 'node:fs/promises';
import { isMissing } from '../errors.js';
import { parseEnvironmentFile } from './machine-environment.js';

/** What the machine's files say together; of a key in several the last file counts. Files that do not exist are passed over. */
export async function readEnvironment(files: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const texts = await Promise.all(files.map(textOf));
  return new Map(texts.flatMap((text) => [...parseEnvironmentFile(text)]));
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return '';
    throw error;
  }
}
