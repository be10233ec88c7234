import { parentPort, workerData } from 'node:worker_threads';
import { ImagoError } from '../errors.js';
import { copyCluster } from './backup.js';
import { DamagedFile, DamagedObject } from '../git/errors.js';

/** What a backup thread copies, and where to. */
export interface BackupSettings {
  readonly source: string;
  readonly target: string;
}

export type BackupOutcome =
  | { readonly head: string }
  | { readonly error: string }
  /** What of the source is damaged. */
  | { readonly fault: string };

function copy({ source, target }: BackupSettings): BackupOutcome {
  try {
    return { head: copyCluster(source, target) };
  } catch (error) {
    if (error instanceof DamagedFile || error instanceof DamagedObject) return { fault: error.fault };
    if (error instanceof ImagoError) return { error: error.message };
    if (error instanceof Error && 'code' in error) return { error: error.message };
    throw error;
  }
}

parentPort?.postMessage(copy(workerData as BackupSettings));
