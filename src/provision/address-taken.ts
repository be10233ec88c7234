import { ImagoError } from '../errors.js';
import type { Serial } from '../host/serial.js';
import { formatIpv4, type Ipv4 } from '../net/ipv4.js';

/** An operator asks for an address that another machine has, or is promised. */
export class AddressTaken extends ImagoError {
  readonly code = 'ADDRESS_TAKEN';

  constructor(address: Ipv4, holder: Serial) {
    const text = formatIpv4(address);
    super(`${text} belongs to ${holder}: choose another, or leave it out for the next free one`, {
      address: text,
      holder,
    });
  }
}
