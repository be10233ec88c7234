import { ImagoError } from '../errors.js';

/** A command that was not given what it needs. */
export class UsageError extends ImagoError {
  readonly code = 'USAGE';
}

/** What was waited for did not happen in time. */
export class WaitedInVain extends ImagoError {
  readonly code = 'WAITED_IN_VAIN';
}
