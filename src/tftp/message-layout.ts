/**
 * `struct mmsghdr`, `msghdr`, `iovec`, `sockaddr_in` and `cmsghdr` of 64-bit little-endian Linux. Offsets of messages,
 * vectors and names are in 32-bit words, as their arrays are written through a Uint32Array.
 */
export const MESSAGE_BYTES = 64;
export const VECTOR_BYTES = 16;
export const NAME_BYTES = 16;
export const CONTROL_BYTES = 24;

export const MESSAGE_WORDS = MESSAGE_BYTES / 4;
export const VECTOR_WORDS = VECTOR_BYTES / 4;
export const NAME_WORDS = NAME_BYTES / 4;

/** Words of one `mmsghdr`. Addresses and sizes take two, the low one first. */
export const message = {
  name: 0,
  nameLength: 2,
  vectors: 4,
  vectorCount: 6,
  control: 8,
  controlLength: 10,
  flags: 12,
  length: 14,
};

/** Words of one `iovec`. */
export const vector = { base: 0, length: 2 };

export const AF_INET = 2;

/** A number below 2^53 as two words: addresses in user space stay far below that. */
export function putAddress(words: Uint32Array, at: number, address: number): void {
  words[at] = address % 0x1_0000_0000;
  words[at + 1] = address / 0x1_0000_0000;
}

/** The first two words of a `sockaddr_in`: family with the port, and the address, both in network order. */
export function familyAndPort(port: number): number {
  return (AF_INET | ((port >>> 8) << 16) | ((port & 0xff) << 24)) >>> 0;
}

export function swapBytes(word: number): number {
  return ((word >>> 24) | ((word >>> 8) & 0xff00) | ((word & 0xff00) << 8) | ((word & 0xff) << 24)) >>> 0;
}

export function portOf(familyAndPortWord: number): number {
  return ((familyAndPortWord >>> 16) & 0xff) * 256 + (familyAndPortWord >>> 24);
}

export function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}
