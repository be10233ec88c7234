import { ImagoError } from '../errors.js';
import type { Serial } from '../host/serial.js';
import { TokenBuckets, type Budget } from '../net/token-buckets.js';
import { clientOf, type Asker } from './new-host-gate.js';

/** Several machines may be behind one address. */
const CLIENT_FACTOR = 10;

/** More than a machine has to say. */
export class TooManyReports extends ImagoError {
  readonly code = 'TOO_MANY_REPORTS';

  constructor(serial: Serial, setting: string, { burst, perMinute }: Budget) {
    super(
      `${serial} reports more than ${setting} allows (${burst} at once, then ${perMinute} a minute): ask again in a minute; raise it if that is right`,
      { serial, burst, perMinute },
    );
  }
}

/** What one host, and one client for all hosts, may cause by what machines report. The server itself may anything. */
export class MachineBudget {
  readonly #ofHosts = new TokenBuckets();
  readonly #ofClients = new TokenBuckets();

  /** Whether there is something left; then it is spent. */
  spend(serial: Serial, asker: Asker, budget: Budget, now: number): boolean {
    if (asker.isServer) return true;
    const { burst, perMinute } = budget;
    const ofClient = { burst: burst * CLIENT_FACTOR, perMinute: perMinute * CLIENT_FACTOR };
    return this.#ofClients.take(clientOf(asker), ofClient, now) && this.#ofHosts.take(serial, budget, now);
  }
}
