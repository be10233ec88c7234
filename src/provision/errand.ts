import type { Serial } from '../host/serial.js';
import type { MacAddress } from '../net/mac-address.js';

/** In whose name somebody asks, and for what. */
export interface Errand {
  readonly serial: Serial;
  /**
   * A report comes from the machine's own system as well, which may hold its fixed address without a lease; `up` is the one that this
   * system is up.
   */
  readonly kind: 'configuration' | 'report' | 'up';
  /** What it says its network cards are. */
  readonly macs?: readonly MacAddress[];
}
