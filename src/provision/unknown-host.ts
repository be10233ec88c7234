import { ImagoError, showValue } from '../errors.js';

export class UnknownHost extends ImagoError {
  readonly code = 'UNKNOWN_HOST';

  constructor(serial: string) {
    super(`there is no host ${showValue(serial)}: imagoctl list shows those there are`, { serial });
  }
}
