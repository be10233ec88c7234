import { ImagoError } from '../errors.js';
import type { Serial } from '../host/serial.js';

/** Two machines, by their UUIDs, say that they have the same serial. */
export class SerialShared extends ImagoError {
  readonly code = 'SERIAL_SHARED';

  constructor(serial: Serial, known: string, claimed: string) {
    super(
      `a machine with UUID ${claimed} calls itself ${serial}, which was ${known} before: two machines with one serial disturb each other; correct one in its firmware, or retire ${serial} if its board was replaced`,
      { serial, known, claimed },
    );
  }
}
