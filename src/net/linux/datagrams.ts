import { endianness } from 'node:os';
import { toIpv4, type Endpoint, type Ipv4 } from '../ipv4.js';
import { AF_INET, MSG_DONTWAIT, type Bytes, type Libc } from './libc.js';

/** What the layout of a structure depends on. */
export interface Abi {
  /** Of a pointer and of `size_t`, in bytes. */
  readonly wordBytes: 4 | 8;
  readonly isLittleEndian: boolean;
}

/**
 * `struct mmsghdr`, `iovec`, `cmsghdr` and `sockaddr_in` of Linux, as arrays of 32-bit words in the machine's own byte order, which is how
 * a Uint32Array writes them. Offsets are in such words. In an mmsghdr each member begins where a `size_t` would.
 */
export function layoutOf({ wordBytes, isLittleEndian }: Abi) {
  const wide = wordBytes / 4;
  const low = isLittleEndian ? 0 : wide - 1;
  return {
    message: {
      words: 8 * wide,
      name: 0,
      nameLength: wide,
      vectors: 2 * wide,
      vectorCount: 3 * wide,
      control: 4 * wide,
      controlLength: 5 * wide,
      flags: 6 * wide,
      length: 7 * wide,
    },
    vector: { words: 2 * wide, base: 0, length: wide },
    /** One control message with a value of 16 bits. `length` is what its header says, `words` the room it takes. */
    control: {
      words: wide === 2 ? 6 : 4,
      length: wordBytes + 10,
      level: wide,
      type: wide + 1,
      value: wide + 2,
    },

    /** An address or a `size_t`. Addresses in user space stay far below 2^53. */
    putWord: (words: Uint32Array, at: number, value: number): void => {
      words[at + low] = value;
      if (wide === 2) words[at + 1 - low] = value / 0x1_0000_0000;
    },
    wordAt: (words: Uint32Array, at: number): number => {
      return (words[at + low] ?? 0) + (wide === 2 ? (words[at + 1 - low] ?? 0) * 0x1_0000_0000 : 0);
    },
    putUint16: (words: Uint32Array, at: number, value: number): void => {
      words[at] = isLittleEndian ? value : value << 16;
    },
    /** A `sockaddr_in`: the family in the machine's order, port and address in that of the network. */
    putEndpoint: (words: Uint32Array, at: number, { address, port }: Endpoint): void => {
      words[at] = isLittleEndian ? AF_INET | swapBytes(port) : (AF_INET << 16) | port;
      words[at + 1] = isLittleEndian ? swapBytes(address) : address;
    },
    addressAt: (words: Uint32Array, at: number): Ipv4 => {
      const word = words[at + 1] ?? 0;
      return toIpv4(isLittleEndian ? swapBytes(word) : word);
    },
    portAt: (words: Uint32Array, at: number): number => {
      const word = words[at] ?? 0;
      return (isLittleEndian ? swapBytes(word) : word) & 0xffff;
    },
  };
}

/** Words of a `sockaddr_in`. */
export const NAME_WORDS = 4;

const NARROW: ReadonlySet<string> = new Set(['arm', 'ia32', 'mips', 'mipsel', 'ppc', 's390']);

/** Of the machine that this runs on. */
export const ABI: Abi = {
  wordBytes: NARROW.has(process.arch) ? 4 : 8,
  isLittleEndian: endianness() === 'LE',
};
export const layout = layoutOf(ABI);
const { message, vector, control, putWord, wordAt, putUint16, putEndpoint, addressAt, portAt } = layout;

/** Datagrams taken with one system call. */
const RECEIVED_AT_ONCE = 64;
/** Of one datagram; what is longer is cut. */
export const LONGEST_RECEIVED = 2048;
/** The datagram was longer than the room for it. */
const MSG_TRUNC = 0x20;

/** Room for many datagrams and their senders, used again and again. */
export class ReceiveBatch {
  readonly #packets = Buffer.allocUnsafeSlow(RECEIVED_AT_ONCE * LONGEST_RECEIVED);
  readonly #names = new Uint32Array(RECEIVED_AT_ONCE * NAME_WORDS);
  readonly #vectors = new Uint32Array(RECEIVED_AT_ONCE * vector.words);
  readonly #messages = new Uint32Array(RECEIVED_AT_ONCE * message.words);
  readonly #views: readonly Buffer[];

  /** @param leftOfTooLong How many bytes are left of a datagram that had no room. */
  constructor(
    private readonly libc: Libc,
    private readonly leftOfTooLong = LONGEST_RECEIVED,
  ) {
    const packets = addressOf(libc, this.#packets);
    const names = addressOf(libc, this.#names);
    const vectors = addressOf(libc, this.#vectors);
    for (let index = 0; index < RECEIVED_AT_ONCE; index += 1) {
      putWord(this.#vectors, index * vector.words + vector.base, packets + index * LONGEST_RECEIVED);
      putWord(this.#vectors, index * vector.words + vector.length, LONGEST_RECEIVED);
      const at = index * message.words;
      putWord(this.#messages, at + message.name, names + index * NAME_WORDS * 4);
      this.#messages[at + message.nameLength] = NAME_WORDS * 4;
      putWord(this.#messages, at + message.vectors, vectors + index * vector.words * 4);
      putWord(this.#messages, at + message.vectorCount, 1);
    }
    this.#views = Array.from({ length: RECEIVED_AT_ONCE }, (_, index) =>
      this.#packets.subarray(index * LONGEST_RECEIVED, (index + 1) * LONGEST_RECEIVED),
    );
  }

  /** @returns how many have come; none are waited for. The length of a sender's address stays what it was set to. */
  receive(fd: number): number {
    return Math.max(0, this.libc.recvmmsg(fd, this.#messages, RECEIVED_AT_ONCE, MSG_DONTWAIT, null));
  }

  /** Whether a batch of so many may have left some in the socket. */
  isFull(count: number): boolean {
    return count === RECEIVED_AT_ONCE;
  }

  length(index: number): number {
    const at = index * message.words;
    const isCut = ((this.#messages[at + message.flags] ?? 0) & MSG_TRUNC) !== 0;
    return isCut ? this.leftOfTooLong : (this.#messages[at + message.length] ?? 0);
  }

  address(index: number): Ipv4 {
    return addressAt(this.#names, index * NAME_WORDS);
  }

  port(index: number): number {
    return portAt(this.#names, index * NAME_WORDS);
  }

  sender(index: number): Endpoint {
    return { address: this.address(index), port: this.port(index) };
  }

  /** One octet of a packet; 0 behind its end. */
  octet(index: number, at: number): number {
    return at < this.length(index) ? (this.#packets[index * LONGEST_RECEIVED + at] ?? 0) : 0;
  }

  /** A view that the next `receive` overwrites. */
  packet(index: number): Buffer {
    return this.#views[index]?.subarray(0, this.length(index)) ?? Buffer.alloc(0);
  }
}

const MOST_MESSAGES = 512;
const MOST_VECTORS = 4096;

/** `UDP_SEGMENT`: the kernel cuts one long message into datagrams, for one way through the network stack. */
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const MAX_SEGMENTS = 64;
const MAX_SEGMENTED_BYTES = 65_000;
/** Octets; a segment may not be longer than the link's frame with IP and UDP headers in it. */
const MAX_SEGMENT_BYTES = 1500 - 28;

/** How Linux says that it cannot cut a message: too long for the link, or no checksum that the card makes. */
const CANNOT_BE_CUT = new Set(['EINVAL', 'EMSGSIZE', 'EIO', 'EOPNOTSUPP', 'ENOPROTOOPT']);

/** Datagrams that wait to be sent with one system call. Nothing is copied: a message points at its octets where they are. */
export class SendBatch {
  readonly #names = new Uint32Array(MOST_MESSAGES * NAME_WORDS);
  readonly #vectors = new Uint32Array(MOST_VECTORS * vector.words);
  readonly #controls = new Uint32Array(MOST_MESSAGES * control.words);
  readonly #messages = new Uint32Array(MOST_MESSAGES * message.words);
  readonly #vectorsAt: number;
  readonly #controlsAt: number;
  /** Keeps alive what messages point at, until they are sent. */
  readonly #retained: Uint8Array[] = [];
  #count = 0;
  #vectorCount = 0;
  #sent = 0;
  #segmentation = true;

  /** @param onFault Told why a datagram was refused. */
  constructor(
    protected readonly libc: Libc,
    private readonly fd: number,
    private readonly onFault: (reason: string) => void,
  ) {
    this.#vectorsAt = addressOf(libc, this.#vectors);
    this.#controlsAt = addressOf(libc, this.#controls);
    const names = addressOf(libc, this.#names);
    for (let index = 0; index < MOST_MESSAGES; index += 1) {
      const at = index * message.words;
      putWord(this.#messages, at + message.name, names + index * NAME_WORDS * 4);
      this.#messages[at + message.nameLength] = NAME_WORDS * 4;
      putWord(this.#controls, index * control.words, control.length);
      this.#controls[index * control.words + control.level] = SOL_UDP;
      this.#controls[index * control.words + control.type] = UDP_SEGMENT;
    }
  }

  /** Whether some could not be sent yet because the socket's buffer is full. */
  get isWaiting(): boolean {
    return this.#count > 0;
  }

  /** @param packet Stays as it is from now on. */
  addPacket(to: Endpoint, packet: Uint8Array): void {
    if (!this.hasRoom(1)) return;
    this.begin(to, packet);
    this.addVector(addressOf(this.libc, packet), packet.length);
    this.end(1, 0);
  }

  /**
   * Sends what is there. What the socket has no room for stays until it has; one that is refused (by a firewall, for want of a route or of
   * memory) is like a lost packet, and the others go on their way.
   */
  flush(): void {
    while (this.#sent < this.#count) {
      const from = this.#sent === 0 ? this.#messages : this.#messages.subarray(this.#sent * message.words);
      const sent = this.libc.sendmmsg(this.fd, from, this.#count - this.#sent, MSG_DONTWAIT);
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

  /** How many datagrams of one length a message may hold that the kernel cuts. */
  protected datagramsPerMessage(length: number): number {
    if (!this.#segmentation || length > MAX_SEGMENT_BYTES) return 1;
    return Math.min(MAX_SEGMENTS, Math.floor(MAX_SEGMENTED_BYTES / length));
  }

  /** Drops what does not fit while the socket is not taking any more: the client will ask again. */
  protected hasRoom(vectors: number): boolean {
    if (this.#count < MOST_MESSAGES && this.#vectorCount + vectors <= MOST_VECTORS) return true;
    this.flush();
    return this.#count === 0;
  }

  /**
   * A message begins; its vectors and `end` follow.
   * @param content Kept from now on until it is sent: the room may just have been made by a flush.
   */
  protected begin(to: Endpoint, content: Uint8Array): void {
    this.#retained.push(content);
    putEndpoint(this.#names, this.#count * NAME_WORDS, to);
    const vectors = this.#vectorsAt + this.#vectorCount * vector.words * 4;
    putWord(this.#messages, this.#count * message.words + message.vectors, vectors);
  }

  protected addVector(address: number, length: number): void {
    const at = this.#vectorCount * vector.words;
    putWord(this.#vectors, at + vector.base, address);
    putWord(this.#vectors, at + vector.length, length);
    this.#vectorCount += 1;
  }

  /** @param segment The length of the datagrams that the message is cut into; 0 for one that goes whole. */
  protected end(vectors: number, segment: number): void {
    const at = this.#count * message.words;
    const controlWords = this.#count * control.words;
    const isCut = segment > 0;
    if (isCut) putUint16(this.#controls, controlWords + control.value, segment);
    putWord(this.#messages, at + message.vectorCount, vectors);
    putWord(this.#messages, at + message.control, isCut ? this.#controlsAt + controlWords * 4 : 0);
    putWord(this.#messages, at + message.controlLength, isCut ? control.words * 4 : 0);
    this.#count += 1;
  }

  /** The first of the rest cannot be sent. Where cutting is not possible on this link, it is not tried again, for anybody. */
  #refused(reason: string): void {
    const wasCut = wordAt(this.#messages, this.#sent * message.words + message.controlLength) > 0;
    if (wasCut && CANNOT_BE_CUT.has(reason)) this.#segmentation = false;
    this.#sent += 1;
    this.onFault(reason);
  }
}

/** Where the bytes are. They stay there for the life of their buffer. */
export function addressOf(libc: Libc, bytes: Bytes): number {
  return libc.memmove(bytes, bytes, 0);
}

function swapBytes(word: number): number {
  return (word >>> 24) | ((word >>> 8) & 0xff00) | ((word & 0xff00) << 8) | ((word & 0xff) << 24);
}
