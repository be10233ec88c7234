import { ImagoError, shorten } from '../../../errors.js';

/** The API server did not answer, or not so that it can be told whether it knows the machine: the machine waits. */
export class ApiFailed extends ImagoError {
  readonly code = 'PIXIECORE_API_FAILED';

  constructor(api: string, reason: string, options?: ErrorOptions) {
    super(`${api} (pixiecore.api) cannot be asked now: ${shorten(reason, 300)}`, { api }, options);
  }
}

/** It answered for the machine, with what cannot be booted. */
export class AnswerUnfit extends ImagoError {
  readonly code = 'PIXIECORE_ANSWER_UNFIT';

  constructor(reason: string) {
    super(`what pixiecore.api answers cannot be booted: ${reason}`);
  }
}

/** More machines are asked for at once than may be. */
export class ApiBusy extends ImagoError {
  readonly code = 'PIXIECORE_API_BUSY';

  constructor(most: number) {
    super(
      `pixiecore.api is asked for ${most} machines already, as many as pixiecore.requests allows: ask again`,
      { most },
    );
  }
}
