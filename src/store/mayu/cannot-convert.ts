import { ImagoError } from '../../errors.js';

/** A folder that cannot be converted: every reason at once. */
export class CannotConvert extends ImagoError {
  readonly code = 'CANNOT_CONVERT';

  constructor(directory: string, faults: readonly string[], options?: ErrorOptions) {
    const listed = faults.length === 1 ? ` ${faults[0]}` : faults.map((fault) => `\n  ${fault}`).join('');
    super(`${directory} cannot be converted:${listed}`, { directory, faults }, options);
  }
}
