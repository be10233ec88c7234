import { toIpv4, type Ipv4 } from '../net/ipv4.js';
import type { Libc } from './libc.js';
import { LEFT_OF_TOO_LONG, LONGEST_PACKET } from './packet.js';
import {
  message,
  MESSAGE_BYTES,
  MESSAGE_WORDS,
  NAME_BYTES,
  NAME_WORDS,
  portOf,
  putAddress,
  swapBytes,
  vector,
  VECTOR_BYTES,
  VECTOR_WORDS,
  words,
} from './message-layout.js';

/** Datagrams taken with one system call. */
export const RECEIVE_BATCH = 64;

/** The datagram was longer than the room for it. */
const MSG_TRUNC = 0x20;

/** Room for many datagrams and their senders, used again and again. */
export class ReceiveBatch {
  readonly #packets = Buffer.allocUnsafeSlow(RECEIVE_BATCH * LONGEST_PACKET);
  readonly #names = Buffer.alloc(RECEIVE_BATCH * NAME_BYTES);
  readonly #vectors = Buffer.alloc(RECEIVE_BATCH * VECTOR_BYTES);
  readonly #messages = Buffer.alloc(RECEIVE_BATCH * MESSAGE_BYTES);
  readonly #nameWords = words(this.#names);
  readonly #messageWords = words(this.#messages);
  readonly #views: readonly Uint8Array[];

  constructor(private readonly libc: Libc) {
    const packets = libc.addressOf(this.#packets);
    const names = libc.addressOf(this.#names);
    const vectors = libc.addressOf(this.#vectors);
    const vectorWords = words(this.#vectors);
    for (let index = 0; index < RECEIVE_BATCH; index += 1) {
      putAddress(vectorWords, index * VECTOR_WORDS + vector.base, packets + index * LONGEST_PACKET);
      putAddress(vectorWords, index * VECTOR_WORDS + vector.length, LONGEST_PACKET);
      const at = index * MESSAGE_WORDS;
      putAddress(this.#messageWords, at + message.name, names + index * NAME_BYTES);
      this.#messageWords[at + message.nameLength] = NAME_BYTES;
      putAddress(this.#messageWords, at + message.vectors, vectors + index * VECTOR_BYTES);
      putAddress(this.#messageWords, at + message.vectorCount, 1);
    }
    this.#views = Array.from({ length: RECEIVE_BATCH }, (_, index) =>
      this.#packets.subarray(index * LONGEST_PACKET, (index + 1) * LONGEST_PACKET),
    );
  }

  /** @returns how many have come; none are waited for. The length of a sender's address stays what it was set to. */
  receive(fd: number): number {
    return Math.max(0, this.libc.recvmmsg(fd, this.#messages, RECEIVE_BATCH));
  }

  length(index: number): number {
    const at = index * MESSAGE_WORDS;
    const isCut = ((this.#messageWords[at + message.flags] ?? 0) & MSG_TRUNC) !== 0;
    return isCut ? LEFT_OF_TOO_LONG : (this.#messageWords[at + message.length] ?? 0);
  }

  address(index: number): Ipv4 {
    return toIpv4(swapBytes(this.#nameWords[index * NAME_WORDS + 1] ?? 0));
  }

  port(index: number): number {
    return portOf(this.#nameWords[index * NAME_WORDS] ?? 0);
  }

  /** One octet of a packet; 0 behind its end. */
  octet(index: number, at: number): number {
    return at < this.length(index) ? (this.#packets[index * LONGEST_PACKET + at] ?? 0) : 0;
  }

  /** A view that the next `receive` overwrites. */
  packet(index: number): Uint8Array {
    return this.#views[index]?.subarray(0, this.length(index)) ?? new Uint8Array(0);
  }
}
