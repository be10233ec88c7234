import { DecodeError } from '../errors.js';
import { toIpv4, type Ipv4 } from './ipv4.js';

/** A cursor over network-order bytes. A read past the end throws DecodeError and names the field that was cut short. */
export class ByteReader {
  #offset = 0;
  readonly #view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.bytes.length - this.#offset;
  }

  uint8(field: string): number {
    return this.#view.getUint8(this.#take(1, field));
  }

  uint16(field: string): number {
    return this.#view.getUint16(this.#take(2, field));
  }

  uint32(field: string): number {
    return this.#view.getUint32(this.#take(4, field));
  }

  ipv4(field: string): Ipv4 {
    return toIpv4(this.uint32(field));
  }

  /** A view, not a copy. */
  take(length: number, field: string): Uint8Array {
    const start = this.#take(length, field);
    return this.bytes.subarray(start, start + length);
  }

  rest(): Uint8Array {
    return this.take(this.remaining, 'rest');
  }

  #take(length: number, field: string): number {
    if (length > this.remaining) {
      throw new DecodeError(
        `${field} needs ${length} bytes at offset ${this.#offset}, only ${this.remaining} are left`,
        {
          field,
          offset: this.#offset,
        },
      );
    }
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}
