import type { BlockRun } from './file-window.js';
import type { Libc } from './libc.js';
import {
  CONTROL_BYTES,
  familyAndPort,
  message,
  MESSAGE_BYTES,
  MESSAGE_WORDS,
  NAME_BYTES,
  NAME_WORDS,
  putAddress,
  swapBytes,
  vector,
  VECTOR_BYTES,
  VECTOR_WORDS,
  words,
} from './message-layout.js';
import { DATA_HEADER_LENGTH, OPCODE } from './packet.js';
import type { Peer } from './transport.js';

const MESSAGES = 512;
const VECTORS = 4096;

/** `UDP_SEGMENT`: the kernel cuts one long message into datagrams, for one way through the network stack. */
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const MAX_SEGMENTS = 64;
const MAX_SEGMENTED_BYTES = 65_000;
/** Octets; a segment may not be longer than the link's frame with IP and UDP headers in it. */
const MAX_SEGMENT_BYTES = 1500 - 28;

/** How Linux says that it cannot cut a message: too long for the link, or no checksum that the card makes. */
const CANNOT_BE_CUT = new Set(['EINVAL', 'EMSGSIZE', 'EIO', 'EOPNOTSUPP', 'ENOPROTOOPT']);

/** Octets of the header of each possible DATA packet, one behind the other. */
const HEADERS = 65536;

/**
 * Datagrams that wait to be sent with one system call. Nothing is copied: a message points at a header in a table and
 * at the octets of the file where they are.
 */
export class SendBatch {
  readonly #headers = dataHeaders();
  readonly #names = Buffer.alloc(MESSAGES * NAME_BYTES);
  readonly #vectors = Buffer.alloc(VECTORS * VECTOR_BYTES);
  readonly #controls = Buffer.alloc(MESSAGES * CONTROL_BYTES);
  readonly #messages = Buffer.alloc(MESSAGES * MESSAGE_BYTES);
  readonly #nameWords = words(this.#names);
  readonly #vectorWords = words(this.#vectors);
  readonly #messageWords = words(this.#messages);
  readonly #headersAt: number;
  readonly #vectorsAt: number;
  readonly #controlsAt: number;
  /** Keeps alive what messages point at, until they are sent. */
  readonly #retained: Uint8Array[] = [];
  #count = 0;
  #vectorCount = 0;
  #sent = 0;
  #segmentation = true;

  constructor(
    private readonly libc: Libc,
    private readonly fd: number,
    private readonly onFault: (reason: string) => void,
  ) {
    this.#headersAt = libc.addressOf(this.#headers);
    this.#vectorsAt = libc.addressOf(this.#vectors);
    this.#controlsAt = libc.addressOf(this.#controls);
    const names = libc.addressOf(this.#names);
    for (let index = 0; index < MESSAGES; index += 1) {
      putAddress(this.#messageWords, index * MESSAGE_WORDS + message.name, names + index * NAME_BYTES);
      this.#messageWords[index * MESSAGE_WORDS + message.nameLength] = NAME_BYTES;
      const control = index * CONTROL_BYTES;
      this.#controls.writeUInt32LE(CONTROL_BYTES - 6, control);
      this.#controls.writeUInt32LE(SOL_UDP, control + 8);
      this.#controls.writeUInt32LE(UDP_SEGMENT, control + 12);
    }
  }

  /** Whether some could not be sent yet because the socket's buffer is full. */
  get isWaiting(): boolean {
    return this.#count > 0;
  }

  addPacket(to: Peer, packet: Uint8Array): void {
    if (!this.#hasRoom(1)) return;
    this.#begin(to, packet);
    this.#vector(this.libc.addressOf(packet), packet.length);
    this.#end(1, 0);
  }

  /** @param contentAt the address of `run.bytes`. */
  addBlocks(to: Peer, run: BlockRun, contentAt: number): void {
    const segment = DATA_HEADER_LENGTH + run.blockSize;
    const isSegmented = this.#segmentation && run.count > 1 && segment <= MAX_SEGMENT_BYTES;
    const perMessage = isSegmented ? Math.min(MAX_SEGMENTS, Math.floor(MAX_SEGMENTED_BYTES / segment)) : 1;
    for (let index = 0; index < run.count; index += perMessage) {
      const blocks = Math.min(perMessage, run.count - index);
      if (!this.#hasRoom(blocks * 2)) return;
      this.#begin(to, run.bytes);
      const vectors = this.#blockVectors(run, index, blocks, contentAt + run.offset);
      this.#end(vectors, blocks > 1 ? segment : 0);
    }
  }

  /**
   * Sends what is there. What the socket has no room for stays until it has; one that is refused (by a firewall, for want of a route or of
   * memory) is like a lost packet, and the others go on their way.
   */
  flush(): void {
    while (this.#sent < this.#count) {
      const from = this.#sent === 0 ? this.#messages : this.#messages.subarray(this.#sent * MESSAGE_BYTES);
      const sent = this.libc.sendmmsg(this.fd, from, this.#count - this.#sent);
      if (sent > 0) {
        this.#sent += sent;
        continue;
      }
      const reason = this.libc.errorName();
      if (reason === 'EAGAIN') return;
      this.#refused(reason);
    }
    this.#count = 0;
    this.#vectorCount = 0;
    this.#sent = 0;
    this.#retained.length = 0;
  }

  #blockVectors(run: BlockRun, index: number, blocks: number, contentAt: number): number {
    let vectors = 0;
    for (let each = index; each < index + blocks; each += 1) {
      const from = each * run.blockSize;
      const length = Math.min(run.blockSize, run.length - from);
      this.#vector(this.#headersAt + ((run.first + each) & 0xffff) * DATA_HEADER_LENGTH, DATA_HEADER_LENGTH);
      vectors += 1;
      if (length === 0) continue; // the empty block that ends a file of full ones
      this.#vector(contentAt + from, length);
      vectors += 1;
    }
    return vectors;
  }

  /** Drops what does not fit while the socket is not taking any more: the client will ask again. */
  #hasRoom(vectors: number): boolean {
    if (this.#count < MESSAGES && this.#vectorCount + vectors <= VECTORS) return true;
    this.flush();
    return this.#count === 0;
  }

  /** @param content Kept from now on until it is sent: the room may just have been made by a flush. */
  #begin(to: Peer, content: Uint8Array): void {
    this.#retained.push(content);
    const name = this.#count * NAME_WORDS;
    this.#nameWords[name] = familyAndPort(to.port);
    this.#nameWords[name + 1] = swapBytes(to.address);
    const at = this.#count * MESSAGE_WORDS;
    const vectors = this.#vectorsAt + this.#vectorCount * VECTOR_BYTES;
    putAddress(this.#messageWords, at + message.vectors, vectors);
  }

  #vector(address: number, length: number): void {
    const at = this.#vectorCount * VECTOR_WORDS;
    putAddress(this.#vectorWords, at + vector.base, address);
    this.#vectorWords[at + vector.length] = length;
    this.#vectorCount += 1;
  }

  #end(vectors: number, segment: number): void {
    const at = this.#count * MESSAGE_WORDS;
    this.#messageWords[at + message.vectorCount] = vectors;
    if (segment > 0) this.#controls.writeUInt16LE(segment, this.#count * CONTROL_BYTES + 16);
    putAddress(
      this.#messageWords,
      at + message.control,
      segment > 0 ? this.#controlsAt + this.#count * CONTROL_BYTES : 0,
    );
    this.#messageWords[at + message.controlLength] = segment > 0 ? CONTROL_BYTES : 0;
    this.#count += 1;
  }

  /** The first of the rest cannot be sent. Where cutting is not possible on this link, it is not tried again, for anybody. */
  #refused(reason: string): void {
    const wasSegmented = this.#messageWords[this.#sent * MESSAGE_WORDS + message.controlLength] !== 0;
    if (wasSegmented && CANNOT_BE_CUT.has(reason)) this.#segmentation = false;
    this.#sent += 1;
    this.onFault(reason);
  }
}

function dataHeaders(): Buffer {
  const headers = Buffer.allocUnsafeSlow(HEADERS * DATA_HEADER_LENGTH);
  for (let block = 0; block < HEADERS; block += 1) {
    headers.writeUInt16BE(OPCODE.data, block * DATA_HEADER_LENGTH);
    headers.writeUInt16BE(block, block * DATA_HEADER_LENGTH + 2);
  }
  return headers;
}
