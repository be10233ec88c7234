import { ImagoError } from '../errors.js';
import type { Serial } from '../host/serial.js';
import { formatIpv4, type Ipv4 } from '../net/ipv4.js';

/** The configuration promises a machine an address that another one already has. */
export class AddressPromisedTwice extends ImagoError {
  readonly code = 'ADDRESS_PROMISED_TWICE';

  constructor(address: Ipv4, wanted: Serial, holder: Serial) {
    const text = formatIpv4(address);
    super(
      `hosts promises ${text} to ${wanted}, but ${holder} already has it: ${wanted} gets another one; choose a free address for it, or retire ${holder}`,
      { address: text, wanted, holder },
    );
  }
}
