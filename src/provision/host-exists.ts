import { ImagoError } from '../errors.js';
import type { Serial } from '../host/serial.js';

export class HostExists extends ImagoError {
  readonly code = 'HOST_EXISTS';

  constructor(serial: Serial) {
    super(`${serial} is a host already: change it with imagoctl set, or retire it first`, { serial });
  }
}
