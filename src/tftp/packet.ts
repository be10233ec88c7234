import { DecodeError } from '../errors.js';

/** RFC 1350 §5, RFC 2347. */
export const OPCODE = { rrq: 1, wrq: 2, data: 3, ack: 4, error: 5, oack: 6 } as const;

/** RFC 1350 appendix, RFC 2347 (8). */
export const ERROR_CODE = {
  undefined: 0,
  fileNotFound: 1,
  accessViolation: 2,
  diskFull: 3,
  illegalOperation: 4,
  unknownTransferId: 5,
  fileExists: 6,
  noSuchUser: 7,
  optionRefused: 8,
} as const;

export type TftpErrorCode = (typeof ERROR_CODE)[keyof typeof ERROR_CODE];

/** Option names are lower case; where a name comes twice, the first one counts. */
export type OptionMap = ReadonlyMap<string, string>;

export interface RequestPacket {
  readonly kind: 'rrq' | 'wrq';
  readonly filename: string;
  /** Lower case: `octet`, `netascii`, or whatever the client wrote. */
  readonly mode: string;
  readonly options: OptionMap;
}

export type TftpPacket =
  | RequestPacket
  | { readonly kind: 'data'; readonly block: number; readonly data: Uint8Array }
  | { readonly kind: 'ack'; readonly block: number }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  | { readonly kind: 'oack'; readonly options: OptionMap };

/** Bytes in front of the file's own in a DATA packet: opcode and block number. */
export const DATA_HEADER_LENGTH = 4;

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** @throws DecodeError, and nothing else, whatever the bytes are. */
export function decodePacket(bytes: Uint8Array): TftpPacket {
  const opcode = uint16At(bytes, 0, 'opcode');
  switch (opcode) {
    case OPCODE.rrq:
      return decodeRequest('rrq', bytes.subarray(2));
    case OPCODE.wrq:
      return decodeRequest('wrq', bytes.subarray(2));
    case OPCODE.data:
      return { kind: 'data', block: uint16At(bytes, 2, 'block'), data: bytes.subarray(DATA_HEADER_LENGTH) };
    case OPCODE.ack:
      return { kind: 'ack', block: uint16At(bytes, 2, 'block') };
    case OPCODE.error:
      return {
        kind: 'error',
        code: uint16At(bytes, 2, 'error code'),
        message: decodeMessage(bytes.subarray(4)),
      };
    case OPCODE.oack:
      return { kind: 'oack', options: decodeOptions(bytes.subarray(2)) };
    default:
      throw new DecodeError(`opcode ${opcode} is none of TFTP's`, { opcode });
  }
}

function uint16At(bytes: Uint8Array, offset: number, field: string): number {
  const [high, low] = [bytes[offset], bytes[offset + 1]];
  if (high === undefined || low === undefined) {
    throw new DecodeError(`the ${field} is cut short: there are ${bytes.length} bytes`, { field });
  }
  return high * 256 + low;
}

/** Octets; RFC 2347 lets a request have 512, and nothing that a client sends is longer. */
export const LONGEST_PACKET = 2048;

/** Octets of a longer one that are looked at: its opcode tells how to refuse it, and its end is not known. */
export const LEFT_OF_TOO_LONG = 2;

/** The opcode alone, for deciding how to answer bytes that cannot be decoded. Undefined below two bytes. */
export function opcodeOf(bytes: Uint8Array): number | undefined {
  const [high, low] = bytes;
  return high === undefined || low === undefined ? undefined : high * 256 + low;
}

function decodeRequest(kind: RequestPacket['kind'], bytes: Uint8Array): RequestPacket {
  const filenameEnd = closingNul(bytes, 0, 'file name');
  const modeEnd = closingNul(bytes, filenameEnd + 1, 'mode');
  return {
    kind,
    filename: text(bytes, 0, filenameEnd),
    mode: text(bytes, filenameEnd + 1, modeEnd).toLowerCase(),
    options: decodeOptions(bytes.subarray(modeEnd + 1)),
  };
}

/** A last name without a value, or without its closing NUL, is left out: such a request is still clear. */
function decodeOptions(bytes: Uint8Array): Map<string, string> {
  const options = new Map<string, string>();
  let start = 0;
  for (;;) {
    const nameEnd = bytes.indexOf(0, start);
    const valueEnd = nameEnd < 0 ? -1 : bytes.indexOf(0, nameEnd + 1);
    if (valueEnd < 0) return options;
    const name = text(bytes, start, nameEnd).toLowerCase();
    if (name !== '' && !options.has(name)) options.set(name, text(bytes, nameEnd + 1, valueEnd));
    start = valueEnd + 1;
  }
}

/** RFC 1350 wants a closing NUL; some firmware leaves it out, and an ERROR must be understood all the same. */
function decodeMessage(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return text(bytes, 0, end < 0 ? bytes.length : end);
}

function closingNul(bytes: Uint8Array, from: number, field: string): number {
  const end = bytes.indexOf(0, from);
  if (end < 0) throw new DecodeError(`the ${field} is not closed by a NUL`, { field });
  return end;
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return utf8Decoder.decode(bytes.subarray(start, end));
}

export function encodePacket(packet: TftpPacket): Uint8Array {
  switch (packet.kind) {
    case 'rrq':
    case 'wrq':
      return withText(OPCODE[packet.kind], undefined, [
        packet.filename,
        packet.mode,
        ...flat(packet.options),
      ]);
    case 'data':
      return encodeData(packet.block, packet.data);
    case 'ack':
      return header(OPCODE.ack, packet.block);
    case 'error':
      return withText(OPCODE.error, packet.code, [packet.message]);
    case 'oack':
      return withText(OPCODE.oack, undefined, flat(packet.options));
    default:
      return packet satisfies never;
  }
}

function encodeData(block: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(DATA_HEADER_LENGTH + data.length);
  bytes.set(header(OPCODE.data, block));
  bytes.set(data, DATA_HEADER_LENGTH);
  return bytes;
}

/** Opcode and one 16-bit number, of which only the low 16 bits are written: block numbers wrap to 0. */
function header(opcode: number, value: number): Uint8Array {
  return Uint8Array.of(0, opcode, (value >>> 8) & 0xff, value & 0xff);
}

/** @param texts without NULs of their own. */
function withText(opcode: number, code: number | undefined, texts: readonly string[]): Uint8Array {
  const front = code === undefined ? Uint8Array.of(0, opcode) : header(opcode, code);
  const body = utf8Encoder.encode(texts.map((each) => `${each}\0`).join(''));
  const bytes = new Uint8Array(front.length + body.length);
  bytes.set(front);
  bytes.set(body, front.length);
  return bytes;
}

function flat(options: OptionMap): string[] {
  return [...options].flat();
}
