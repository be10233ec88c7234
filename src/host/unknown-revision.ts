import { ImagoError, showValue } from '../errors.js';
import type { Serial } from './serial.js';

export class UnknownRevision extends ImagoError {
  readonly code = 'UNKNOWN_REVISION';

  constructor(serial: Serial, revision: string) {
    super(
      `${showValue(revision)} names no change of ${serial}: take one of the commits that 'imagoctl history ${serial}' lists`,
      {
        serial,
        revision: showValue(revision),
      },
    );
  }
}
