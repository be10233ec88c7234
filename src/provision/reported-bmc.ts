import type { Ipv4 } from '../net/ipv4.js';
import { parseReportedBmcAddress } from '../power/bmc-address.js';

/** What BMCs without an address say of themselves, and installers on machines without a BMC. */
const NONE: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

/**
 * The address that a machine reports of its BMC; undefined when it has none.
 * @param own Of this server.
 * @throws InvalidValue
 */
export function reportedBmcAddress(text: string, own: Ipv4): string | undefined {
  return NONE.has(text.trim()) ? undefined : parseReportedBmcAddress(text, own);
}
