import { toIpv4, type Ipv4 } from '../net/ipv4.js';
import { uint32 } from './option-codecs.js';

const CIRCUIT_ID = 1; //        RFC 3046 §3.1
const REMOTE_ID = 2; //         RFC 3046 §3.2
const LINK_SELECTION = 5; //    RFC 3527 §3
const SERVER_OVERRIDE = 11; //  RFC 5107 §4
const SOURCE_PORT = 19; //      RFC 8357 §4

/** What a relay says about where a request came from (option 82). */
export interface RelayAgent {
  /** Circuit and remote id in hex, joined: names one port of one switch. Empty where the relay names neither. */
  readonly port: string;
  readonly linkSelection: Ipv4 | undefined;
  readonly serverOverride: Ipv4 | undefined;
  /** It wants answers at the port that it sends from, which need not be 67. */
  readonly answerToSourcePort: boolean;
  /** Sub-options of a length that they cannot have: not followed, echoed all the same. As `82.5`. */
  readonly odd: readonly string[];
}

/**
 * The sub-options of option 82. A cut-off rest ends the list: switches pad this option in their own ways, and what could
 * not be read is still echoed to the byte.
 */
export function readRelayAgent(bytes: Uint8Array | undefined): RelayAgent | undefined {
  if (bytes === undefined) return undefined;
  let circuit = '';
  let remote = '';
  let linkSelection: Ipv4 | undefined;
  let serverOverride: Ipv4 | undefined;
  let answerToSourcePort = false;
  const odd: string[] = [];
  const address = (code: number, value: Uint8Array): Ipv4 | undefined => {
    if (uint32.fits(value.length)) return toIpv4(uint32.read(value));
    odd.push(`82.${code}`);
    return undefined;
  };
  let offset = 0;
  while (offset + 2 <= bytes.length) {
    const code = bytes[offset];
    const end = offset + 2 + (bytes[offset + 1] ?? 0);
    if (end > bytes.length) break;
    const value = bytes.subarray(offset + 2, end);
    if (code === CIRCUIT_ID) circuit = Buffer.from(value).toString('hex');
    else if (code === REMOTE_ID) remote = Buffer.from(value).toString('hex');
    else if (code === LINK_SELECTION) linkSelection = address(code, value);
    else if (code === SERVER_OVERRIDE) serverOverride = address(code, value);
    else if (code === SOURCE_PORT) answerToSourcePort = true;
    offset = end;
  }
  const port = circuit === '' && remote === '' ? '' : `${circuit}/${remote}`;
  return { port, linkSelection, serverOverride, answerToSourcePort, odd };
}
