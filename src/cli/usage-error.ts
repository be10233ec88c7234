import { ImagoError } from '../errors.js';

/** A command that was not given what it needs. */
export class UsageError extends ImagoError {
  readonly code = 'USAGE';
}
