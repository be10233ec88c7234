import { parentPort, workerData } from 'node:worker_threads';
import { mergeSmallPacks } from './merge-packs.js';

/** What a maintenance thread works on. */
export interface MaintenanceSettings {
  readonly packFolder: string;
}

parentPort?.postMessage(mergeSmallPacks((workerData as MaintenanceSettings).packFolder));
