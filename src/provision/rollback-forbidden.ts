import { ImagoError } from '../errors.js';
import type { Serial } from '../host/serial.js';

/** The earlier version of the host is none that it could live with now. */
export class RollbackForbidden extends ImagoError {
  readonly code = 'ROLLBACK_FORBIDDEN';

  constructor(serial: Serial, revision: string, reason: string) {
    super(`${serial} cannot go back to ${revision.slice(0, 10)}: ${reason}`, { serial, revision });
  }
}
