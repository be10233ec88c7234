import { ImagoError, showValue } from '../errors.js';

/** No route, no file. */
export class NotFound extends ImagoError {
  readonly code = 'NOT_FOUND';

  constructor(path: string) {
    super(`there is nothing at ${showValue(path)}`, { path });
  }
}

export class MethodNotAllowed extends ImagoError {
  readonly code = 'METHOD_NOT_ALLOWED';

  constructor(
    method: string,
    readonly allowed: readonly string[],
  ) {
    super(`${method} is not possible here: use ${allowed.join(', ')}`, { method, allowed });
  }
}

export class BodyTooLarge extends ImagoError {
  readonly code = 'BODY_TOO_LARGE';

  constructor(limitBytes: number) {
    super(`the body is longer than ${limitBytes} bytes: send less`, { limitBytes });
  }
}

/** A body that is not what the call takes. */
export class BadRequest extends ImagoError {
  readonly code = 'BAD_REQUEST';
}

/** The body did not come to its end. */
export class BodyAborted extends ImagoError {
  readonly code = 'BODY_ABORTED';

  constructor() {
    super('the connection ended before the body did');
  }
}

export class UrlTooLong extends ImagoError {
  readonly code = 'URL_TOO_LONG';

  constructor(limit: number) {
    super(`the URL is longer than ${limit} characters`, { limit });
  }
}
