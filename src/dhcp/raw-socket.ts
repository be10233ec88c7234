import {
  check,
  SO_BINDTODEVICE,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_SOCKET,
  type NativeCalls,
} from './native-calls.js';

const LONGEST_PACKET = 2048;
/** Packets that are read in one go before others have their turn. */
const BATCH = 64;

/** A raw socket on one interface. Needs CAP_NET_RAW. Addresses are `struct sockaddr` of the family. */
export class RawSocket {
  readonly #fd: number;
  readonly #stop: () => void;
  readonly #bytes = Buffer.alloc(LONGEST_PACKET);
  readonly #source = Buffer.alloc(28);

  /** @throws SocketFailure */
  constructor(
    private readonly calls: NativeCalls,
    what: { readonly domain: number; readonly protocol: number; readonly interfaceName: string },
    /** The bytes are overwritten by the next packet. */
    private readonly received: (packet: Buffer, source: Buffer) => void,
  ) {
    this.#fd = check(
      calls,
      'a raw socket',
      calls.socket(what.domain, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, what.protocol),
    );
    try {
      this.set(SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${what.interfaceName}\0`, 'latin1'));
      this.#stop = calls.onReadable(this.#fd, () => this.#read());
    } catch (error) {
      calls.close(this.#fd);
      throw error;
    }
  }

  /** @throws SocketFailure */
  set(level: number, name: number, value: Uint8Array): void {
    check(this.calls, `socket option ${level}/${name}`, this.calls.setsockopt(this.#fd, level, name, value));
  }

  /** @returns false where the system could not send it now. */
  send(packet: Uint8Array, to: Uint8Array): boolean {
    return this.calls.sendto(this.#fd, packet, to) >= 0;
  }

  close(): void {
    this.#stop();
    this.calls.close(this.#fd);
  }

  #read(): void {
    for (let count = 0; count < BATCH; count += 1) {
      const length = this.calls.recvfrom(this.#fd, this.#bytes, this.#source);
      if (length < 0) return;
      this.received(this.#bytes.subarray(0, length), this.#source);
    }
  }
}
