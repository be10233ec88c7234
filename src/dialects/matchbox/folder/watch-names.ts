import { watch, type FSWatcher } from 'node:fs';
import { errorCode } from '../../../errors.js';

/**
 * Tells the name of each file that is made, changed or removed in a folder; undefined once it can tell no more.
 * @returns undefined where the system can watch no more folders
 */
export function watchNames(folder: string, hear: (name: string | undefined) => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false });
    watcher.on('change', (_, name) => hear(typeof name === 'string' ? name : undefined));
    watcher.on('error', () => hear(undefined));
    return watcher;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}
