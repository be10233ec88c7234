import { parseReportedBmcAddress } from '../power/bmc-address.js';

/** What BMCs without an address say of themselves, and installers on machines without a BMC. */
const NONE: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

/**
 * The address that a machine reports of its BMC; undefined when it has none.
 * @param own All of this server.
 * @throws InvalidValue
 */
export function reportedBmcAddress(text: string, own: readonly string[]): string | undefined {
  return NONE.has(text.trim()) ? undefined : parseReportedBmcAddress(text, own);
}
