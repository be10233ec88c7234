import { constants } from 'node:os';
import { ImagoError } from '../../errors.js';

/** The memory that a call reads or fills. */
export type Bytes = Uint8Array | Uint32Array;

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
  /** Of the requests whose argument is a structure. */
  ioctl(fd: number, request: number, argument: Bytes): number;
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
  memmove(to: Bytes, from: Bytes, length: number): number;
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
    return {
      socket: lib.func('int socket(int domain, int type, int protocol)'),
      setsockopt: lib.func('int setsockopt(int fd, int level, int name, void *value, uint32_t length)'),
      bind: lib.func('int bind(int fd, void *address, uint32_t length)'),
      getsockname: lib.func('int getsockname(int fd, void *address, void *length)'),
      close: lib.func('int close(int fd)'),
      // Variadic in C; where Linux passes integers in registers a fixed argument is the same, and cheaper to call.
      ioctl: lib.func('int ioctl(int fd, unsigned long request, void *argument)'),
      sendto: lib.func(
        'intptr_t sendto(int fd, void *bytes, size_t length, int flags, void *address, uint32_t addressLength)',
      ),
      recvfrom: lib.func(
        'intptr_t recvfrom(int fd, void *bytes, size_t length, int flags, void *source, void *sourceLength)',
      ),
      recvmmsg: lib.func('int recvmmsg(int fd, void *messages, uint32_t count, int flags, void *timeout)'),
      sendmmsg: lib.func('int sendmmsg(int fd, void *messages, uint32_t count, int flags)'),
      ppoll: lib.func('int ppoll(void *descriptors, unsigned long count, void *timeout, void *mask)'),
      memmove: lib.func('uintptr_t memmove(void *to, void *from, size_t length)'),
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
