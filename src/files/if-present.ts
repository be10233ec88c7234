import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isMissing } from '../errors.js';

/** What was found; undefined where nothing is. */
export async function ifPresent<T>(attempt: Promise<T>): Promise<T | undefined> {
  try {
    return await attempt;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** As `ifPresent`, for what does not wait. */
export function ifPresentNow<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The text of a file; undefined where there is none. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  return ifPresent(readFile(path, 'utf8'));
}

/** As `readIfPresent`, without waiting. */
export function readIfPresentNow(path: string): string | undefined {
  return ifPresentNow(() => readFileSync(path, 'utf8'));
}

/** What stands in a folder; nothing where there is none. */
export function namesIn(folder: string): string[] {
  return ifPresentNow(() => readdirSync(folder)) ?? [];
}
