import { errorCode, fileReason, ImagoError, showValue } from '../errors.js';

/** What a watcher has seen last is further back than anybody is told of in one go. */
export class ChangesTooOld extends ImagoError {
  readonly code = 'CHANGES_TOO_OLD';

  constructor(most: number) {
    super(
      `more than ${most} changes came after that one: read the machines anew and go on from there; the log has all changes`,
      { most },
    );
  }
}

/** A change could not be made durable; nothing of it holds. Reads go on. */
export class StoreUnavailable extends ImagoError {
  readonly code = 'STORE_UNAVAILABLE';

  constructor(
    reason: string,
    readonly kind: 'full' | 'unavailable' = 'unavailable',
    options?: ErrorOptions,
  ) {
    super(`the change could not be recorded: ${reason}`, { kind }, options);
  }

  /** What the system says when a file cannot be written. */
  static ofFile(path: string, cause: unknown): StoreUnavailable {
    const isFull = ['ENOSPC', 'EDQUOT'].includes(errorCode(cause) ?? '');
    return new StoreUnavailable(`${path}: ${fileReason(cause)}`, isFull ? 'full' : 'unavailable', { cause });
  }
}

export class UnknownRevision extends ImagoError {
  readonly code = 'UNKNOWN_REVISION';

  /** @param key A serial, or `<kind>/<name>`. */
  constructor(key: string, revision: string) {
    const name = key.includes('/') ? 'record' : 'serial';
    super(
      `${showValue(revision)} names no change of ${key}: take one of the commits that 'imagoctl history ${key}' lists`,
      { [name]: key, revision: showValue(revision) },
    );
  }
}
