/** What of libc sends files over sockets; -1 stands for a failure. */
export interface SendfileCalls {
  close(fd: number): void;
  /** Whether packets wait until they are full (tcp(7), TCP_CORK): a file costs a third of the processor then. */
  cork(fd: number, isOn: boolean): void;
  /** Sendfile(2). @returns how much was sent, and the number of the error where that is -1 */
  send(
    out: number,
    file: number,
    offset: number,
    count: number,
  ): { readonly sent: number; readonly errno: number };
  /** Waits for room to send, each time that it is told to. */
  room(fd: number, ready: () => void): RoomWatch;
  /** Once others have had their turn. */
  later(act: () => void): void;
}

export interface RoomWatch {
  /** `ready` is called once. */
  wait(): void;
  close(): void;
}

const F_DUPFD_CLOEXEC = 1030;
const IPPROTO_TCP = 6;
const TCP_CORK = 3;
/** Whose off_t has 64 bits, whatever libc it is. */
const WIDE = new Set(['x64', 'arm64', 'riscv64', 'loong64', 'ppc64', 's390x']);

/** Undefined where koffi cannot be had, or the system is another one. */
async function loadKoffi() {
  if (process.platform !== 'linux' || !WIDE.has(process.arch)) return undefined;
  try {
    return (await import('koffi')).default;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return undefined;
  }
}

/** A descriptor of one's own of the same open socket, closed on exec; -1 where there is none left. */
export type Duplicate = (fd: number) => number;

/** Undefined where files cannot be sent so. */
export async function loadDuplicate(): Promise<Duplicate | undefined> {
  const koffi = await loadKoffi();
  const fcntl = koffi?.load(null).func('int fcntl(int fd, int command, int argument)');
  return fcntl && ((fd) => Number(fcntl(fd, F_DUPFD_CLOEXEC, 0)));
}

/** @throws Error where `loadDuplicate` finds nothing. */
export async function loadSendfile(): Promise<SendfileCalls> {
  const koffi = await loadKoffi();
  if (!koffi) throw new Error('koffi is not here');
  const lib = koffi.load(null);
  const close = lib.func('int close(int fd)');
  const setsockopt = lib.func('int setsockopt(int fd, int level, int name, int32_t *value, uint32_t length)');
  const sendfile = lib.func('intptr_t sendfile(int out, int file, int64_t *offset, size_t count)');
  return {
    close: (fd) => void close(fd),
    cork: (fd, isOn) => void setsockopt(fd, IPPROTO_TCP, TCP_CORK, [Number(isOn)], 4),
    send(out, file, offset, count) {
      const sent = Number(sendfile(out, file, [offset], count));
      return { sent, errno: sent < 0 ? koffi.errno() : 0 };
    },
    room(fd, ready) {
      const watched = { writable: true };
      const onRoom = () => {
        handle.stop();
        ready();
      };
      const handle = koffi.node.poll(fd, watched, onRoom);
      handle.stop();
      return { wait: () => handle.start(watched, onRoom), close: () => handle.close() };
    },
    later: (act) => void setImmediate(act),
  };
}
