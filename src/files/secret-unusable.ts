import { ImagoError } from '../errors.js';

/** A password or another secret that cannot be had from where it stands. Names the place, never the value. */
export class SecretUnusable extends ImagoError {
  readonly code = 'SECRET_UNUSABLE';

  /** @param what What it is, as in `the password`. */
  constructor(where: string, reason: string, remedy: string, what = 'the password') {
    super(`${what} in ${where} cannot be used: ${reason}; ${remedy}`, { where, reason });
  }
}
