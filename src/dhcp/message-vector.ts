import { endianness } from 'node:os';
import { toIpv4 } from '../net/ipv4.js';
import { AF_INET, type MessageLayout } from './native-calls.js';
import type { Endpoint } from './reply-destination.js';

const SOCKET_ADDRESS_LENGTH = 16;

/**
 * The memory of `count` datagrams for recvmmsg and sendmmsg: their bytes, and the structures that tell the kernel where
 * they are. Laid out once, used for every call.
 */
export class MessageVector {
  /** An array of struct mmsghdr. */
  readonly headers: Buffer;
  readonly #slots: readonly Buffer[];
  readonly #addresses: Buffer;
  readonly #iovecs: Buffer;

  constructor(
    private readonly layout: MessageLayout,
    readonly count: number,
    private readonly slotLength: number,
  ) {
    this.headers = Buffer.alloc(count * layout.headerSize);
    this.#iovecs = Buffer.alloc(count * layout.iovecSize);
    this.#addresses = Buffer.alloc(count * SOCKET_ADDRESS_LENGTH);
    const bytes = Buffer.alloc(count * slotLength);
    this.#slots = Array.from({ length: count }, (_, index) =>
      bytes.subarray(index * slotLength, (index + 1) * slotLength),
    );
    const [iovecs, addresses, slots] = [this.#iovecs, this.#addresses, bytes].map((memory) =>
      layout.addressOf(memory),
    );
    for (let index = 0; index < count; index += 1) {
      const header = index * layout.headerSize;
      const iovec = index * layout.iovecSize;
      layout.writePointer(this.headers, header + layout.name, addresses, index * SOCKET_ADDRESS_LENGTH);
      layout.writePointer(this.headers, header + layout.iov, iovecs, iovec);
      layout.writeSize(this.headers, header + layout.iovLength, 1);
      layout.writePointer(this.#iovecs, iovec + layout.base, slots, index * slotLength);
      this.prepareReceive(index);
    }
  }

  /** Gives a slot its full length again. */
  prepareReceive(index: number): void {
    this.layout.writeSize(this.#iovecs, index * this.layout.iovecSize + this.layout.length, this.slotLength);
    writeUint32(this.headers, index * this.layout.headerSize + this.layout.nameLength, SOCKET_ADDRESS_LENGTH);
  }

  /** What was received into a slot. A view: the next call overwrites it. */
  received(index: number): Buffer {
    const length = readUint32(this.headers, index * this.layout.headerSize + this.layout.messageLength);
    const slot = this.#slots[index];
    if (slot === undefined) throw new RangeError(`there is no slot ${index}`);
    return slot.subarray(0, length);
  }

  /** Where what was received into a slot came from. */
  sender(index: number): Endpoint {
    const address = index * SOCKET_ADDRESS_LENGTH;
    return {
      address: toIpv4(this.#addresses.readUInt32BE(address + 4)),
      port: this.#addresses.readUInt16BE(address + 2),
    };
  }

  /** Copies a datagram into a slot, to be sent. @returns false where it is too long. */
  prepareSend(index: number, bytes: Uint8Array, to: Endpoint): boolean {
    const slot = this.#slots[index];
    if (slot === undefined || bytes.length > this.slotLength) return false;
    slot.set(bytes);
    this.layout.writeSize(this.#iovecs, index * this.layout.iovecSize + this.layout.length, bytes.length);
    const address = index * SOCKET_ADDRESS_LENGTH;
    writeUint16(this.#addresses, address, AF_INET);
    this.#addresses.writeUInt16BE(to.port, address + 2);
    this.#addresses.writeUInt32BE(to.address, address + 4);
    writeUint32(this.headers, index * this.layout.headerSize + this.layout.nameLength, SOCKET_ADDRESS_LENGTH);
    return true;
  }

  /** The headers from one slot on. */
  headersFrom(index: number): Buffer {
    return index === 0 ? this.headers : this.headers.subarray(index * this.layout.headerSize);
  }
}

const isLittleEndian = endianness() === 'LE';

function writeUint16(bytes: Buffer, offset: number, value: number): void {
  if (isLittleEndian) bytes.writeUInt16LE(value, offset);
  else bytes.writeUInt16BE(value, offset);
}

function writeUint32(bytes: Buffer, offset: number, value: number): void {
  if (isLittleEndian) bytes.writeUInt32LE(value, offset);
  else bytes.writeUInt32BE(value, offset);
}

function readUint32(bytes: Buffer, offset: number): number {
  return isLittleEndian ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset);
}
