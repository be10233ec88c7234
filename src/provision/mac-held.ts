import { ImagoError } from '../errors.js';
import type { Serial } from '../host/serial.js';
import type { MacAddress } from '../net/mac-address.js';

/** A machine claims the network card of another one that is in use. */
export class MacHeld extends ImagoError {
  readonly code = 'MAC_HELD';

  constructor(
    readonly mac: MacAddress,
    claimant: Serial,
    holder: Serial,
  ) {
    super(
      `${claimant} claims ${mac}, which belongs to ${holder}, in use: it is not taken from it; retire ${holder} if its card or board was moved`,
      { mac, claimant, holder },
    );
  }
}
