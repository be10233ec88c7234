import { ImagoError } from '../errors.js';

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
