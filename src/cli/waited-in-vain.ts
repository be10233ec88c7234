import { ImagoError } from '../errors.js';

/** What was waited for did not happen in time. */
export class WaitedInVain extends ImagoError {
  readonly code = 'WAITED_IN_VAIN';
}
