import { ImagoError, showValue } from '../errors.js';
import type { Serial } from '../host/serial.js';

export type JoiningReason = 'pending' | 'crowded' | 'listed' | 'rejected';

/** A machine that nobody named is not taken up before an operator says so. It asks again. */
export class NotAccepted extends ImagoError {
  readonly code = 'NOT_ACCEPTED';

  private constructor(
    readonly reason: JoiningReason,
    readonly serial: Serial,
    message: string,
    facts: { readonly joinCode?: string; readonly limit?: number } = {},
  ) {
    super(message, { reason, serial, ...facts });
  }

  static pending(serial: Serial, joinCode: string): NotAccepted {
    return new NotAccepted(
      'pending',
      serial,
      `code ${joinCode}: an operator has to accept this machine, with imagoctl accept ${joinCode}`,
      { joinCode },
    );
  }

  /** It would wait if it asked. */
  static unseen(serial: Serial): NotAccepted {
    return new NotAccepted(
      'pending',
      serial,
      'newHosts.mode is pending: it gets a code when it asks, by which an operator accepts it',
    );
  }

  static crowded(serial: Serial, limit: number): NotAccepted {
    return new NotAccepted(
      'crowded',
      serial,
      `as many machines wait to be accepted as newHosts.maxPending allows (${limit}): accept or reject some, or add this one with imagoctl add`,
      { limit },
    );
  }

  static listed(serial: Serial): NotAccepted {
    return new NotAccepted(
      'listed',
      serial,
      `newHosts.mode is listed: this machine has to be named under hosts, or added with imagoctl add ${serial}`,
    );
  }

  static rejected(serial: Serial, joinCode: string): NotAccepted {
    return new NotAccepted(
      'rejected',
      serial,
      `code ${joinCode}: an operator rejected this machine, and imagoctl accept ${joinCode} takes it up all the same`,
      { joinCode },
    );
  }
}

/** No machine of that serial or code waits, or was rejected. */
export class UnknownPending extends ImagoError {
  readonly code = 'UNKNOWN_PENDING';

  constructor(word: string, whatFor: string) {
    super(`no machine ${whatFor} as ${showValue(word)}: imagoctl pending shows those that there are`, {
      name: showValue(word),
    });
  }
}

/** Several machines are meant. */
export class AmbiguousPending extends ImagoError {
  readonly code = 'AMBIGUOUS_PENDING';

  constructor(word: string, codes: readonly string[]) {
    super(
      `${showValue(word)} is what ${codes.length} machines are called: name one by its code, ${codes.join(' or ')}`,
      { name: showValue(word), codes },
    );
  }
}
