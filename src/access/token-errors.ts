import { ImagoError, showValue } from '../errors.js';

/** The file of the operators' tokens cannot be trusted, or not be read. */
export class TokensUnusable extends ImagoError {
  readonly code = 'TOKENS_UNUSABLE';

  constructor(path: string, reason: string, remedy: string) {
    super(`${path} holds the tokens of operators, and ${reason}: ${remedy}`, { path, reason });
  }
}

export class TokensFull extends ImagoError {
  readonly code = 'TOKENS_FULL';

  constructor(most: number) {
    super(`there are ${most} tokens, and no more are kept: revoke some`, { most });
  }
}

export class UnknownToken extends ImagoError {
  readonly code = 'UNKNOWN_TOKEN';

  constructor(id: string) {
    super(`there is no token ${showValue(id)}: imagoctl token list shows those that there are`, {
      id: showValue(id),
    });
  }
}
