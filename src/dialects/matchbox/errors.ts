import { ImagoError, type ErrorFacts } from '../../errors.js';

/** What a machine asks for is not there for it: the log says why, the machine hears of nothing but that. */
export class NoMatch extends ImagoError {
  readonly code = 'NO_MATCH';

  constructor(reason: string, facts: ErrorFacts = {}) {
    super(`matchbox: ${reason}`, facts);
  }
}
