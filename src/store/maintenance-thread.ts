import { parentPort, workerData } from 'node:worker_threads';
import { mergeSmallPacks } from '../git/merge-packs.js';

/** What a maintenance thread works on. */
export interface MaintenanceSettings {
  readonly packFolder: string;
}

/** Merges whenever it is told to, and answers with how many packs it merged, or with what was in the way. */
parentPort?.on('message', () => {
  parentPort?.postMessage(merge(workerData as MaintenanceSettings));
});

function merge({ packFolder }: MaintenanceSettings): number | string {
  try {
    return mergeSmallPacks(packFolder);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
