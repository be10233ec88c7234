import { ImagoError } from '../errors.js';
import type { ObjectId } from './object.js';

/** A Git object that is missing or does not hold what its id says: the disk lost something that had been written. */
export class DamagedObject extends ImagoError {
  readonly code = 'DAMAGED_OBJECT';

  /** What is wrong, without what to do. */
  readonly fault: string;

  constructor(
    readonly id: ObjectId,
    reason: string,
    cause?: unknown,
  ) {
    const fault = `Git object ${id} cannot be read: ${reason}`;
    super(
      `${fault}; fetch it from a clone or backup of the cluster folder`,
      { id },
      cause === undefined ? undefined : { cause },
    );
    this.fault = fault;
  }
}

/** A file of the repository that does not hold what was written into it. */
export class DamagedFile extends ImagoError {
  readonly code = 'DAMAGED_FILE';
  /** What is wrong, without what to do. */
  readonly fault: string;

  constructor(file: string, reason: string, cause?: unknown) {
    const fault = `${file} is damaged: ${reason}`;
    super(`${fault}; git fsck tells what is lost`, { file }, cause === undefined ? undefined : { cause });
    this.fault = fault;
  }
}

/** A Git object with more bytes than what it should be can have. */
export class ObjectTooLarge extends ImagoError {
  readonly code = 'OBJECT_TOO_LARGE';

  constructor(id: ObjectId, longest: number) {
    super(`Git object ${id} has more than ${longest} bytes: commit a smaller file in its place`, {
      id,
      longest,
    });
  }
}
