import { DecodeError } from '../errors.js';
import { toIpv4, type Ipv4 } from '../net/ipv4.js';

/** How the value of an option is written. `read` throws DecodeError for a length that the type cannot have. */
export interface OptionCodec<T> {
  /** Whether a value may have so many bytes. */
  fits(length: number): boolean;
  read(bytes: Uint8Array): T;
  write(value: T): Uint8Array;
}

export const flag: OptionCodec<true> = {
  fits: (length) => length === 0,
  read(bytes) {
    expectLength(bytes, 0);
    return true;
  },
  write: () => new Uint8Array(0),
};

export const uint8: OptionCodec<number> = {
  fits: (length) => length === 1,
  read(bytes) {
    expectLength(bytes, 1);
    return byteAt(bytes, 0);
  },
  write: (value) => Uint8Array.of(value),
};

export const uint16: OptionCodec<number> = {
  fits: (length) => length === 2,
  read(bytes) {
    expectLength(bytes, 2);
    return (byteAt(bytes, 0) << 8) | byteAt(bytes, 1);
  },
  write: (value) => Uint8Array.of(value >>> 8, value),
};

export const uint32: OptionCodec<number> = {
  fits: (length) => length === 4,
  read(bytes) {
    expectLength(bytes, 4);
    return (
      ((byteAt(bytes, 0) << 24) | (byteAt(bytes, 1) << 16) | (byteAt(bytes, 2) << 8) | byteAt(bytes, 3)) >>> 0
    );
  },
  write: (value) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value),
};

export const ipv4: OptionCodec<Ipv4> = {
  fits: (length) => length === 4,
  read: (bytes) => toIpv4(uint32.read(bytes)),
  write: (value) => uint32.write(value),
};

/** Client text is bytes of no known encoding: latin-1 keeps them all. A trailing NUL is not part of it (RFC 2132 §2). */
export const text: OptionCodec<string> = {
  fits: isSomething,
  read(bytes) {
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === 0) end -= 1;
    return Buffer.from(bytes.buffer, bytes.byteOffset, end).toString('latin1');
  },
  write: (value) => Buffer.from(value, 'latin1'),
};

export const binary: OptionCodec<Uint8Array> = {
  fits: isSomething,
  read: (bytes) => bytes,
  write: (value) => value,
};

/** Values of a fixed size one after the other, at least one. */
export function listOf<T>(item: OptionCodec<T>, itemLength: number): OptionCodec<readonly T[]> {
  const fits = (length: number): boolean => length > 0 && length % itemLength === 0;
  return {
    fits,
    read(bytes) {
      if (!fits(bytes.length)) {
        throw new DecodeError(`${bytes.length} bytes are no list of values of ${itemLength} bytes`, {
          length: bytes.length,
        });
      }
      const values: T[] = [];
      for (let offset = 0; offset < bytes.length; offset += itemLength) {
        values.push(item.read(bytes.subarray(offset, offset + itemLength)));
      }
      return values;
    },
    write: (values) => Buffer.concat(values.map((value) => item.write(value))),
  };
}

function isSomething(length: number): boolean {
  return length > 0;
}

function expectLength(bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) {
    throw new DecodeError(`the option has ${bytes.length} bytes, not ${length}`, { length: bytes.length });
  }
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}

/** One DHCP option: its number and the type of its value. */
export interface OptionType<T> extends OptionCodec<T> {
  readonly code: number;
}

/** The options that imago reads or writes by name. */
export const options = {
  subnetMask: option(1, ipv4), //                       RFC 2132 §3.3
  routers: option(3, listOf(ipv4, 4)), //               RFC 2132 §3.5
  dnsServers: option(6, listOf(ipv4, 4)), //            RFC 2132 §3.8
  hostName: option(12, text), //                        RFC 2132 §3.14
  domainName: option(15, text), //                      RFC 2132 §3.17
  interfaceMtu: option(26, uint16), //                  RFC 2132 §5.1
  broadcastAddress: option(28, ipv4), //                RFC 2132 §5.3
  ntpServers: option(42, listOf(ipv4, 4)), //           RFC 2132 §8.3
  vendorInformation: option(43, binary), //             RFC 2132 §8.4
  requestedAddress: option(50, ipv4), //                RFC 2132 §9.1
  leaseSeconds: option(51, uint32), //                  RFC 2132 §9.2
  overload: option(52, uint8), //                       RFC 2132 §9.3
  messageType: option(53, uint8), //                    RFC 2132 §9.6
  serverIdentifier: option(54, ipv4), //                RFC 2132 §9.7
  parameterRequestList: option(55, binary), //          RFC 2132 §9.8
  message: option(56, text), //                         RFC 2132 §9.9
  maxMessageSize: option(57, uint16), //                RFC 2132 §9.10
  renewalSeconds: option(58, uint32), //                RFC 2132 §9.11
  rebindingSeconds: option(59, uint32), //              RFC 2132 §9.12
  vendorClass: option(60, text), //                     RFC 2132 §9.13
  clientIdentifier: option(61, binary), //              RFC 2132 §9.14
  tftpServerName: option(66, text), //                  RFC 2132 §9.4
  bootFileName: option(67, text), //                    RFC 2132 §9.5
  userClass: option(77, binary), //                     RFC 3004 §4
  rapidCommit: option(80, flag), //                     RFC 4039 §4
  relayAgentInformation: option(82, binary), //         RFC 3046 §2
  clientArchitectures: option(93, listOf(uint16, 2)), // RFC 4578 §2.1
  clientInterface: option(94, binary), //               RFC 4578 §2.2
  clientMachine: option(97, binary), //                 RFC 4578 §2.3
  subnetSelection: option(118, ipv4), //                RFC 3011 §2
  ipxe: option(175, binary), //                         ipxe.org/howto/dhcpd
} as const;

export const PAD = 0;
export const END = 255;

/** By code and length: 1 where the option can have a value of so many bytes. One that is not known by name can have any. */
const fitting = new Uint8Array(256 * 256).fill(1);
for (const type of Object.values(options)) {
  for (let length = 0; length < 256; length += 1) {
    fitting[(type.code << 8) | length] = type.fits(length) ? 1 : 0;
  }
}

/** Whether the value of an option can have so many bytes. */
export function fitsOption(code: number, length: number): boolean {
  if (length < 256) return fitting[(code << 8) | length] === 1;
  return Object.values(options).every((type) => type.code !== code || type.fits(length));
}

function option<T>(code: number, codec: OptionCodec<T>): OptionType<T> {
  return { code, ...codec };
}

/**
 * Code, length and value as they go on the wire. A value of more than 255 bytes is split over several options of the
 * same code (RFC 3396 §5).
 */
export function encodeOption<T>(type: OptionType<T>, value: T): Uint8Array {
  return encodeRawOption(type.code, type.write(value));
}

export function encodeRawOption(code: number, value: Uint8Array): Uint8Array {
  if (value.length <= 255) {
    const encoded = new Uint8Array(value.length + 2);
    encoded[0] = code;
    encoded[1] = value.length;
    encoded.set(value, 2);
    return encoded;
  }
  const parts = Math.ceil(value.length / 255);
  const encoded = new Uint8Array(value.length + 2 * parts);
  for (let part = 0; part < parts; part += 1) {
    const chunk = value.subarray(part * 255, part * 255 + 255);
    const offset = part * 257;
    encoded[offset] = code;
    encoded[offset + 1] = chunk.length;
    encoded.set(chunk, offset + 2);
  }
  return encoded;
}

/** Option 53. RFC 2132 §9.6. */
export const messageTypes = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const;

const names: readonly (string | undefined)[] = [undefined, ...Object.keys(messageTypes)];

/** The name of a message type for logs and metrics: a closed set, whatever a client sends. */
export function messageTypeName(type: number): string {
  return names[type] ?? 'unknown';
}
