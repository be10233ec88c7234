import { parseIpv4 } from '../../../src/net/ipv4.js';

/** One datagram to port 69, and who it claims to be from. */
export interface FloodDatagram {
  readonly from: number;
  readonly port: number;
  readonly bytes: Uint8Array;
}

const NETWORK = parseIpv4('10.83.0.0');
/** The first that nobody has. */
const FIRST_HOST = 3;

/** The network's addresses in turn, and ports in turn: each sender is another one for a long while. */
function spoofed(number: number): { from: number; port: number } {
  const hosts = 255 - FIRST_HOST;
  return { from: NETWORK + FIRST_HOST + (number % hosts), port: 1024 + ((number * 7) % 64_000) };
}

function words(opcode: number, ...texts: string[]): Uint8Array {
  return Buffer.concat([Buffer.of(0, opcode), Buffer.from(texts.map((text) => `${text}\0`).join(''))]);
}

const oddOptions = [
  ['blksize', '65464', 'windowsize', '64', 'timeout', '255', 'tsize', '0'],
  ['blksize', '0', 'windowsize', '-1', 'timeout', '999', 'tsize', 'x'],
  ['windowsize', '0'],
  ['BLKSIZE', '8', 'blksize', '512', 'utimeout', '1', 'rollover', '1'],
  Array.from({ length: 300 }, (_, index) => String(index)),
];

const malformed = [
  Buffer.alloc(0),
  Buffer.of(0),
  Buffer.of(0, 1),
  Buffer.of(0, 9, 1),
  Buffer.alloc(1400, 0xff),
  Buffer.from('\0\x01boot.bin\0octet', 'latin1'),
  Buffer.from('\0\x01\0\0\0\0', 'latin1'),
  Buffer.concat([words(1, 'boot.bin', 'octet'), Buffer.alloc(1400)]),
];

/** Addresses that nobody has, and ports that nobody hears at. */
const nobodies = ['10.83.0.1', '10.83.0.255', '198.51.100.7', '10.83.0.2'].map(parseIpv4);

const kinds = {
  'names that are not there': (number) => ({
    ...spoofed(number),
    bytes: words(1, `no-such-${number}`, 'octet'),
  }),
  'names that climb': (number) => ({
    ...spoofed(number),
    bytes: words(1, `../../etc/passwd${number}`, 'octet'),
  }),
  'requests to write': (number) => ({ ...spoofed(number), bytes: words(2, `file-${number}`, 'octet') }),
  'requests that nobody follows up': (number) => ({
    ...spoofed(number),
    bytes: words(1, 'boot.bin', 'octet', 'timeout', '255', 'blksize', '1468'),
  }),
  'requests without options': (number) => ({ ...spoofed(number), bytes: words(1, 'disk.bin', 'octet') }),
  'requests for text': (number) => ({ ...spoofed(number), bytes: words(1, 'boot.bin', 'netascii') }),
  'odd options': (number) => ({
    ...spoofed(number),
    bytes: words(1, 'disk.bin', 'octet', ...(oddOptions[number % oddOptions.length] ?? [])),
  }),
  'acknowledgements, data, options and errors of nobody': (number) => ({
    ...spoofed(number),
    bytes: Buffer.of(0, 3 + (number % 4), 0, 1, 0),
  }),
  'what is no TFTP': (number) => ({
    ...spoofed(number),
    bytes: malformed[number % malformed.length] ?? Buffer.alloc(0),
  }),
  'senders that cannot be': (number) => ({
    from: nobodies[number % nobodies.length] ?? NETWORK,
    port: number % 3 === 0 ? 0 : 69,
    bytes: words(1, 'boot.bin', 'octet'),
  }),
} satisfies Record<string, (number: number) => FloodDatagram>;

export type FloodKind = keyof typeof kinds;

/** What a hostile machine may send, by kind. */
export const floods: Readonly<Record<FloodKind, (number: number, server: number) => FloodDatagram>> = kinds;
export const floodKinds = Object.keys(kinds) as FloodKind[];
