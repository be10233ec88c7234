import { constants, endianness } from 'node:os';

/**
 * The system calls behind sending and receiving many datagrams at once, which Node has no interface to. Each returns
 * what libc returns, -1 for a failure. Buffers that hold addresses of other buffers keep nothing alive: who writes such
 * an address keeps the buffer.
 */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array): number;
  bind(fd: number, address: Uint8Array): number;
  getsockname(fd: number, address: Uint8Array): number;
  close(fd: number): number;
  recvmmsg(fd: number, messages: Uint8Array, count: number): number;
  sendmmsg(fd: number, messages: Uint8Array, count: number): number;
  /** Sleeps until one of the `struct pollfd` is ready or the `struct timespec` is over. */
  ppoll(descriptors: Uint8Array, timeout: Uint8Array): number;
  /** Where a buffer's bytes are. They stay there for its life. */
  addressOf(bytes: Uint8Array): number;
  /** `EADDRINUSE` and the like, of the last call. */
  errorName(): string;
  poll(fd: number, ready: () => void): PollHandle;
}

export interface PollHandle {
  /** Whether `ready` is called for free room to send, too. */
  watchWritable(watch: boolean): void;
  close(): void;
}

const MSG_DONTWAIT = 0x40;

/** libc through koffi; where that cannot be had, the reason as text. */
export async function loadLibc(): Promise<Libc | string> {
  if (process.platform !== 'linux') return `sendmmsg is not known on ${process.platform}`;
  const has64Bits = process.arch === 'x64' || process.arch === 'arm64';
  if (!has64Bits || endianness() !== 'LE')
    return `the layout of its structures is not known on ${process.arch}`;
  try {
    const { default: koffi } = await import('koffi');
    const lib = koffi.load(null); // the running program itself: whatever libc it has
    const socket = lib.func('int socket(int domain, int type, int protocol)');
    const setsockopt = lib.func('int setsockopt(int fd, int level, int name, void *value, uint32_t length)');
    const bind = lib.func('int bind(int fd, void *address, uint32_t length)');
    const getsockname = lib.func('int getsockname(int fd, void *address, void *length)');
    const close = lib.func('int close(int fd)');
    const recvmmsg = lib.func(
      'int recvmmsg(int fd, void *messages, uint32_t count, int flags, void *timeout)',
    );
    const sendmmsg = lib.func('int sendmmsg(int fd, void *messages, uint32_t count, int flags)');
    const ppoll = lib.func('int ppoll(void *descriptors, unsigned long count, void *timeout, void *mask)');
    const memmove = lib.func('uint64_t memmove(void *to, void *from, size_t length)');
    return {
      socket: (domain, type, protocol) => Number(socket(domain, type, protocol)),
      setsockopt: (fd, level, name, value) => Number(setsockopt(fd, level, name, value, value.length)),
      bind: (fd, address) => Number(bind(fd, address, address.length)),
      getsockname: (fd, address) => Number(getsockname(fd, address, Uint32Array.of(address.length))),
      close: (fd) => Number(close(fd)),
      recvmmsg: (fd, messages, count) => Number(recvmmsg(fd, messages, count, MSG_DONTWAIT, null)),
      sendmmsg: (fd, messages, count) => Number(sendmmsg(fd, messages, count, MSG_DONTWAIT)),
      ppoll: (descriptors, timeout) => Number(ppoll(descriptors, descriptors.length / 8, timeout, null)),
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
