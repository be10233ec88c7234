import { ImagoError, showValue } from '../errors.js';

/** What an operator names is no boot, or no file of it. */
export class UnknownBoot extends ImagoError {
  readonly code = 'NOT_FOUND';

  constructor(id: string, file?: string) {
    const what =
      file === undefined ? `boot ${showValue(id)}` : `file ${showValue(file)} of boot ${showValue(id)}`;
    super(`there is no ${what}, or it is over: see imagoctl boot --list`, { id });
  }
}

/** There are as many boots, or files of them are as large, as may be. */
export class BootsFull extends ImagoError {
  readonly code = 'BOOTS_FULL';
}
