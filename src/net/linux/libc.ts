import { constants, endianness } from 'node:os';
import { ImagoError } from '../../errors.js';
import { toIpv4, type Endpoint, type Ipv4 } from '../ipv4.js';

/** The memory that a call reads or fills. */
type Bytes = Uint8Array | Uint32Array;

/**
 * The system calls that Node has no interface to, with the parameters of their manual pages. Each returns what libc returns, -1 for a
 * failure. Buffers that hold addresses of other buffers keep nothing alive: who writes such an address keeps the buffer.
 */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, name: number, value: Bytes, length: number): number;
  bind(fd: number, address: Bytes, length: number): number;
  getsockname(fd: number, address: Bytes, length: Bytes): number;
  close(fd: number): number;
  sendto(
    fd: number,
    bytes: Bytes,
    length: number,
    flags: number,
    address: Bytes,
    addressLength: number,
  ): number;
  recvfrom(
    fd: number,
    bytes: Bytes,
    length: number,
    flags: number,
    source: Bytes,
    sourceLength: Bytes,
  ): number;
  recvmmsg(fd: number, messages: Bytes, count: number, flags: number, timeout: null): number;
  sendmmsg(fd: number, messages: Bytes, count: number, flags: number): number;
  /** Sleeps until one of the `struct pollfd` is ready or the `struct timespec` is over. */
  ppoll(descriptors: Bytes, count: number, timeout: Bytes, mask: null): number;
  /** Where a buffer's bytes are. They stay there for its life. */
  addressOf(bytes: Bytes): number;
  /** `EADDRINUSE` and the like, of the last call. */
  errorName(): string;
  /** Calls back whenever something can be read. */
  poll(fd: number, ready: () => void): PollHandle;
}

export interface PollHandle {
  /** Whether `ready` is called for free room to send, too. */
  watchWritable(watch: boolean): void;
  close(): void;
}

export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const MSG_DONTWAIT = 0x40;

/** libc through koffi; where that cannot be had, the reason as text. */
export async function loadLibc(): Promise<Libc | string> {
  if (process.platform !== 'linux') return `this is ${process.platform}, not Linux`;
  try {
    const { default: koffi } = await import('koffi');
    const lib = koffi.load(null); // the running program itself: whatever libc it has, also musl's
    const memmove = lib.func('uintptr_t memmove(void *to, void *from, size_t length)');
    return {
      socket: lib.func('int socket(int domain, int type, int protocol)'),
      setsockopt: lib.func('int setsockopt(int fd, int level, int name, void *value, uint32_t length)'),
      bind: lib.func('int bind(int fd, void *address, uint32_t length)'),
      getsockname: lib.func('int getsockname(int fd, void *address, void *length)'),
      close: lib.func('int close(int fd)'),
      sendto: lib.func(
        'intptr_t sendto(int fd, void *bytes, size_t length, int flags, void *address, uint32_t addressLength)',
      ),
      recvfrom: lib.func(
        'intptr_t recvfrom(int fd, void *bytes, size_t length, int flags, void *source, void *sourceLength)',
      ),
      recvmmsg: lib.func('int recvmmsg(int fd, void *messages, uint32_t count, int flags, void *timeout)'),
      sendmmsg: lib.func('int sendmmsg(int fd, void *messages, uint32_t count, int flags)'),
      ppoll: lib.func('int ppoll(void *descriptors, unsigned long count, void *timeout, void *mask)'),
      addressOf: (bytes) => Number(memmove(bytes, bytes, 0)),
      errorName: () => nameOfErrno(koffi.errno()),
      poll: (fd, ready) => {
        const handle = koffi.node.poll(fd, { readable: true }, ready);
        return {
          watchWritable: (writable) => handle.start({ readable: true, writable }, ready),
          close: () => handle.close(),
        };
      },
    };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return `koffi: ${error.message}`;
  }
}

function nameOfErrno(errno: number): string {
  for (const [name, value] of Object.entries(constants.errno)) if (value === errno) return name;
  return `errno ${errno}`;
}

/** The system refused something about a socket. */
export class SocketFailure extends ImagoError {
  readonly code = 'SOCKET_FAILURE';

  constructor(
    readonly call: string,
    readonly errorName: string,
  ) {
    super(`the system refuses ${call}: ${errorName}`, { call, errorName });
  }
}

/** @throws SocketFailure where libc reported one. */
export function check(libc: Libc, call: string, result: number): number {
  if (result < 0) throw new SocketFailure(call, libc.errorName());
  return result;
}

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

function swapBytes(word: number): number {
  return (word >>> 24) | ((word >>> 8) & 0xff00) | ((word & 0xff00) << 8) | ((word & 0xff) << 24);
}
