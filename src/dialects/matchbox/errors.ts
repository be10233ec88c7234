import { ImagoError, type ErrorFacts } from '../../errors.js';

/** What a machine asks for is not there for it: the log says why, the machine hears of nothing but that. */
export class NoMatch extends ImagoError {
  readonly code = 'NO_MATCH';

  constructor(reason: string, facts: ErrorFacts = {}) {
    super(`matchbox: ${reason}`, facts);
  }
}

/** A template that cannot be given to a machine, told with the group and the profile that lead to it. */
export class UnfitTemplate extends ImagoError {
  readonly code = 'TEMPLATE_FAULT';

  constructor({ group, profile }: { readonly group: string; readonly profile: string }, cause: ImagoError) {
    super(
      `matchbox: group ${group}, profile ${profile}: ${cause.message}`,
      { ...cause.facts, group, profile },
      { cause },
    );
  }
}
