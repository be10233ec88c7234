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
