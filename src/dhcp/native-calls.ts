import { constants, endianness } from 'node:os';
import type koffiModule from 'koffi';
import { SocketFailure } from './socket-errors.js';

/** The system calls that Node has no interface to. Each returns what libc returns: -1 for a failure. */
export interface NativeCalls {
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array): number;
  bind(fd: number, address: Uint8Array): number;
  close(fd: number): number;
  sendto(fd: number, bytes: Uint8Array, address: Uint8Array): number;
  /** Into `bytes`, and where it came from into `source`. Does not wait. */
  recvfrom(fd: number, bytes: Uint8Array, source: Uint8Array): number;
  /** As many datagrams as are there, at most `count`, into the memory that `headers` describes. */
  recvmmsg(fd: number, headers: Uint8Array, count: number): number;
  /** @returns how many of them were sent; -1 where the first one failed. */
  sendmmsg(fd: number, headers: Uint8Array, count: number): number;
  readonly messageLayout: MessageLayout;
  /** Calls back whenever something can be read, until the returned function is called. */
  onReadable(fd: number, readable: () => void): () => void;
  /** `ENODEV` and the like, of the last call. */
  errorName(): string;
}

/** Sizes and offsets of struct mmsghdr (`man recvmmsg`) and struct iovec on this machine, in bytes. */
export interface MessageLayout {
  readonly headerSize: number;
  readonly name: number;
  readonly nameLength: number;
  readonly iov: number;
  readonly iovLength: number;
  readonly messageLength: number;
  readonly iovecSize: number;
  readonly base: number;
  readonly length: number;
  /** Where the memory of a buffer is; it must be kept alive and must not be a slice of Node's pool. */
  addressOf(bytes: Buffer): bigint;
  writePointer(bytes: Buffer, offset: number, start: bigint | undefined, distance: number): void;
  /** A size_t. */
  writeSize(bytes: Buffer, offset: number, value: number): void;
}

export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_BROADCAST = 6;
export const SO_BINDTODEVICE = 25;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;

export interface NativeCallsMissing {
  readonly cause: string;
}

/** libc through koffi; where either cannot be loaded, why. */
export async function loadNativeCalls(): Promise<NativeCalls | NativeCallsMissing> {
  if (process.platform !== 'linux') return { cause: `there is no SO_BINDTODEVICE on ${process.platform}` };
  try {
    const { default: koffi } = await import('koffi');
    // Null is the running program itself: whatever libc it has, also musl's.
    const libc = koffi.load(null);
    const socket = libc.func('int socket(int domain, int type, int protocol)');
    const setsockopt = libc.func(
      'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
    );
    const bind = libc.func('int bind(int fd, const void *address, uint32_t length)');
    const close = libc.func('int close(int fd)');
    const sendto = libc.func(
      'intptr_t sendto(int fd, const void *bytes, size_t length, int flags, const void *address, uint32_t addressLength)',
    );
    const recvfrom = libc.func(
      'intptr_t recvfrom(int fd, _Out_ void *bytes, size_t length, int flags, _Out_ void *source, _Inout_ uint32_t *sourceLength)',
    );
    const recvmmsg = libc.func(
      'int recvmmsg(int fd, void *headers, uint32_t count, int flags, const void *timeout)',
    );
    const sendmmsg = libc.func('int sendmmsg(int fd, void *headers, uint32_t count, int flags)');
    return {
      recvmmsg: (fd, headers, count) => Number(recvmmsg(fd, headers, count, MSG_DONTWAIT, null)),
      sendmmsg: (fd, headers, count) => Number(sendmmsg(fd, headers, count, MSG_DONTWAIT)),
      messageLayout: messageLayout(koffi),
      socket: (domain, type, protocol) => Number(socket(domain, type, protocol)),
      setsockopt: (fd, level, name, value) => Number(setsockopt(fd, level, name, value, value.length)),
      bind: (fd, address) => Number(bind(fd, address, address.length)),
      close: (fd) => Number(close(fd)),
      sendto: (fd, bytes, address) =>
        Number(sendto(fd, bytes, bytes.length, MSG_DONTWAIT, address, address.length)),
      recvfrom: (fd, bytes, source) =>
        Number(recvfrom(fd, bytes, bytes.length, MSG_DONTWAIT, source, [source.length])),
      onReadable: (fd, readable) => {
        const handle = koffi.node.poll(fd, { readable: true }, readable);
        return () => handle.close();
      },
      errorName: () => nameOfErrno(koffi.errno()),
    };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { cause: `koffi: ${error.message}` };
  }
}

export function isMissing(calls: NativeCalls | NativeCallsMissing): calls is NativeCallsMissing {
  return 'cause' in calls;
}

/** @throws SocketFailure where libc reported one. */
export function check(calls: NativeCalls, call: string, result: number): number {
  if (result < 0) throw new SocketFailure(call, calls.errorName());
  return result;
}

function nameOfErrno(errno: number): string {
  for (const [name, value] of Object.entries(constants.errno)) if (value === errno) return name;
  return `errno ${errno}`;
}

export function int32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function messageLayout(koffi: typeof koffiModule): MessageLayout {
  const iovec = koffi.struct({ base: 'void *', length: 'size_t' });
  const header = koffi.struct({
    name: 'void *',
    nameLength: 'uint32_t',
    iov: 'void *',
    iovLength: 'size_t',
    control: 'void *',
    controlLength: 'size_t',
    flags: 'int',
  });
  const message = koffi.struct({ header, length: 'uint32_t' });
  const writeWord = wordWriter(koffi.sizeof('size_t'));
  return {
    headerSize: koffi.sizeof(message),
    name: koffi.offsetof(header, 'name'),
    nameLength: koffi.offsetof(header, 'nameLength'),
    iov: koffi.offsetof(header, 'iov'),
    iovLength: koffi.offsetof(header, 'iovLength'),
    messageLength: koffi.offsetof(message, 'length'),
    iovecSize: koffi.sizeof(iovec),
    base: koffi.offsetof(iovec, 'base'),
    length: koffi.offsetof(iovec, 'length'),
    addressOf: (bytes) => koffi.address(bytes),
    writePointer: (bytes, offset, start, distance) =>
      writeWord(bytes, offset, (start ?? 0n) + BigInt(distance)),
    writeSize: wordSizeWriter(koffi.sizeof('size_t')),
  };
}

function wordWriter(size: number): (bytes: Buffer, offset: number, value: bigint) => void {
  const isLittle = endianness() === 'LE';
  if (size === 8) {
    return (bytes, offset, value) =>
      isLittle ? bytes.writeBigUInt64LE(value, offset) : bytes.writeBigUInt64BE(value, offset);
  }
  return (bytes, offset, value) =>
    isLittle ? bytes.writeUInt32LE(Number(value), offset) : bytes.writeUInt32BE(Number(value), offset);
}

/** Without BigInt, which costs more than all else in a send. Values are lengths of datagrams: four bytes hold them. */
function wordSizeWriter(size: number): (bytes: Buffer, offset: number, value: number) => void {
  const isLittle = endianness() === 'LE';
  return (bytes, offset, value) =>
    isLittle ? bytes.writeUInt32LE(value, offset) : bytes.writeUInt32BE(value, offset + size - 4);
}
