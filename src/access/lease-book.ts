import type { Ipv4 } from '../net/ipv4.js';
import type { MacAddress } from '../net/mac-address.js';

export interface LeaseInfo {
  readonly address: Ipv4;
  readonly mac: MacAddress;
  /** As hex digits. */
  readonly clientId?: string | undefined;
  readonly hostname?: string | undefined;
  readonly state: string;
  readonly expires: Date;
}

/** What DHCP knows of who has which address. */
export interface LeaseBook {
  /** Who holds the address now. */
  macOfAddress(address: Ipv4): MacAddress | undefined;
  /** Who was the last to be given the address, though that lease may be over: iPXE does not renew one while it waits. */
  lastHolder(address: Ipv4): MacAddress | undefined;
  /**
   * Counts the holders that addresses get: another number means that the address had another holder in between. 0 where imago leased
   * nothing there, or did not count then.
   */
  epochOf(address: Ipv4): number;
  /** Whether a lease of the address is in force, of whatever kind of client. */
  isLeased(address: Ipv4): boolean;
  list(): readonly LeaseInfo[];
  /** Why leases cannot be kept now, as a sentence. */
  trouble(): string | undefined;
}
