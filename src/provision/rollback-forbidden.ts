import { ImagoError } from '../errors.js';
import { briefly, type Revision } from '../host/host-store.js';
import type { Serial } from '../host/serial.js';

/** The earlier version of the host is none that it could live with now. */
export class RollbackForbidden extends ImagoError {
  readonly code = 'ROLLBACK_FORBIDDEN';

  constructor(serial: Serial, revision: Revision, reason: string) {
    super(`${serial} cannot go back to ${briefly(revision)}: ${reason}`, { serial, revision });
  }
}
