import { DecodeError } from '../errors.js';
import { toIpv4, type Ipv4 } from '../net/ipv4.js';
import { END, fitsOption, options, PAD, uint32, type OptionType } from './options.js';

export const BOOTREQUEST = 1;
export const BOOTREPLY = 2;
export const MAGIC_COOKIE = 0x63825363;
export const BROADCAST_FLAG = 0x8000;
export const SNAME_LENGTH = 64;
export const FILE_LENGTH = 128;
/** Header and cookie: what precedes the first option. */
export const OPTIONS_OFFSET = 240;
const CHADDR_LENGTH = 16;

/** A BOOTP message with DHCP options (RFC 2131 §2). Byte fields are views of the datagram, not copies. */
export interface DhcpMessage {
  readonly op: number;
  readonly htype: number;
  readonly hops: number;
  readonly xid: number;
  readonly secs: number;
  readonly flags: number;
  readonly ciaddr: Ipv4;
  readonly yiaddr: Ipv4;
  readonly siaddr: Ipv4;
  readonly giaddr: Ipv4;
  /** `hlen` bytes, at most 16. */
  readonly chaddr: Uint8Array;
  /** Empty where the field carries options instead. */
  readonly sname: string;
  readonly file: string;
  readonly options: ReadonlyMap<number, Uint8Array>;
  /** What option 82 says, where there is one. */
  readonly relay: RelayAgent | undefined;
  /**
   * Options that cannot be what they say: empty, of a wrong length, cut off. They are left out of `options`: one that
   * nobody needs must not cost a machine its boot. Numbers, `82.5` for a part of one.
   */
  readonly odd: readonly string[];
}

const NOTHING_ODD: readonly string[] = [];

/** @throws DecodeError, and nothing else, for bytes that are no DHCP message. */
export function decodeMessage(datagram: Uint8Array): DhcpMessage {
  if (datagram.length < OPTIONS_OFFSET) {
    const facts = { length: datagram.length };
    throw new DecodeError(
      `${datagram.length} bytes are too few: header and cookie take ${OPTIONS_OFFSET}`,
      facts,
    );
  }
  const view = new DataView(datagram.buffer, datagram.byteOffset, OPTIONS_OFFSET);
  const op = view.getUint8(0);
  if (op !== BOOTREQUEST && op !== BOOTREPLY) throw new DecodeError(`op is ${op}, not 1 or 2`, { op });
  const hlen = view.getUint8(2);
  if (hlen > CHADDR_LENGTH) throw new DecodeError(`hlen is ${hlen}, more than 16`, { hlen });
  const cookie = view.getUint32(OPTIONS_OFFSET - 4);
  if (cookie !== MAGIC_COOKIE) throw new DecodeError('the magic cookie of DHCP is missing', { cookie });

  const snameField = datagram.subarray(44, 44 + SNAME_LENGTH);
  const fileField = datagram.subarray(108, 108 + FILE_LENGTH);
  const collected = new CollectedOptions();
  collected.addAll(datagram, OPTIONS_OFFSET, datagram.length);
  const overload = collected.overload();
  // RFC 2131 §4.1: the file field is read before the sname field.
  if (overload & 1) collected.addAll(fileField, 0, FILE_LENGTH);
  if (overload & 2) collected.addAll(snameField, 0, SNAME_LENGTH);
  const found = collected.sound();
  const relay = readRelayAgent(found.get(options.relayAgentInformation.code));

  return {
    op,
    htype: view.getUint8(1),
    hops: view.getUint8(3),
    xid: view.getUint32(4),
    secs: view.getUint16(8),
    flags: view.getUint16(10),
    ciaddr: toIpv4(view.getUint32(12)),
    yiaddr: toIpv4(view.getUint32(16)),
    siaddr: toIpv4(view.getUint32(20)),
    giaddr: toIpv4(view.getUint32(24)),
    chaddr: datagram.subarray(28, 28 + hlen),
    sname: overload & 2 ? '' : textField(snameField),
    file: overload & 1 ? '' : textField(fileField),
    options: found,
    relay,
    odd: collected.odd(relay),
  };
}

/** The value of an option, undefined where it is absent or odd. */
export function readOption<T>(message: DhcpMessage, type: OptionType<T>): T | undefined {
  const bytes = message.options.get(type.code);
  return bytes === undefined ? undefined : type.read(bytes);
}

class CollectedOptions {
  readonly #found = new Map<number, Uint8Array>();
  #odd: Set<string> | undefined;
  /** Codes whose value, once it is whole, may be of a length that it cannot have. */
  #doubtful: Set<number> | undefined;

  /** RFC 2132 §2 for the layout, RFC 3396 §7 for an option that comes more than once: its parts are joined. */
  addAll(bytes: Uint8Array, start: number, end: number): void {
    let offset = start;
    while (offset < end) {
      const code = bytes[offset] ?? END;
      offset += 1;
      if (code === PAD) continue;
      if (code === END) return;
      const length = bytes[offset];
      if (length === undefined || offset + 1 + length > end) {
        this.#leaveOut(code);
        return;
      }
      const value = bytes.subarray(offset + 1, offset + 1 + length);
      const earlier = this.#found.get(code);
      if (earlier !== undefined || !fitsOption(code, length)) (this.#doubtful ??= new Set()).add(code);
      this.#found.set(code, earlier === undefined ? value : Buffer.concat([earlier, value]));
      offset += 1 + length;
    }
  }

  /** 0 where option 52 is none of 1, 2, 3. */
  overload(): number {
    const value = this.#found.get(options.overload.code);
    if (value === undefined) return 0;
    const [fields = 0] = value;
    if (value.length === 1 && fields >= 1 && fields <= 3) return fields;
    this.#leaveOut(options.overload.code);
    return 0;
  }

  /** Those that are whole and of a length that they can have. */
  sound(): ReadonlyMap<number, Uint8Array> {
    if (this.#doubtful !== undefined) {
      for (const code of this.#doubtful) {
        const value = this.#found.get(code);
        if (value !== undefined && !fitsOption(code, value.length)) this.#leaveOut(code);
      }
    }
    return this.#found;
  }

  odd(relay: RelayAgent | undefined): readonly string[] {
    if (this.#odd === undefined) return relay?.odd ?? NOTHING_ODD;
    return [...this.#odd, ...(relay?.odd ?? [])];
  }

  #leaveOut(code: number): void {
    this.#found.delete(code);
    (this.#odd ??= new Set()).add(String(code));
  }
}

function textField(field: Uint8Array): string {
  if (field[0] === 0) return '';
  const end = field.indexOf(0);
  return Buffer.from(field.buffer, field.byteOffset, end < 0 ? field.length : end).toString('latin1');
}

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
