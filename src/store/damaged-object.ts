import { ImagoError } from '../errors.js';
import type { ObjectId } from './git-object.js';

/** A Git object that is missing or does not hold what its id says: the disk lost something that had been written. */
export class DamagedObject extends ImagoError {
  readonly code = 'DAMAGED_OBJECT';

  constructor(
    readonly id: ObjectId,
    reason: string,
    cause?: unknown,
  ) {
    super(
      `Git object ${id} cannot be read: ${reason}; fetch it from a clone or backup of the cluster folder`,
      { id },
      cause === undefined ? undefined : { cause },
    );
  }
}

export function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR';
}

/** The system's name of an error, as in `ENOSPC`. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
