import type { Endpoint } from '../ipv4.js';
import { ABI, layout, NAME_WORDS } from './datagrams.js';
import {
  AF_INET,
  check,
  MSG_DONTWAIT,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SocketFailure,
  type Libc,
  type PollHandle,
} from './libc.js';

const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_BROADCAST = 6;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_BINDTODEVICE = 25;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const IPPROTO_IP = 0;
const IP_MTU_DISCOVER = 10;
const IP_PMTUDISC_OMIT = 5;

/** Octets; a thousand machines may ask in the same instant, and each may get a window of blocks. */
const BUFFER_BYTES = 8 * 1024 * 1024;

export interface UdpSocketOptions {
  readonly local: Endpoint;
  /** The socket neither hears nor reaches any other interface. */
  readonly interfaceName?: string;
  /** Whether it may send to all of a network. */
  readonly broadcasts?: boolean;
  /**
   * That other sockets may have the same port. once-bound: not those that have it already, so that a port which another program holds is
   * found out.
   */
  readonly sharesPort?: 'always' | 'once-bound';
  /**
   * Packets may be cut on their way (RFC 791), and are cut here for what the own link carries only. By Linux's default none may: over a
   * narrower path whose routers tell nobody, none of 1468 octets arrives. `IP_PMTUDISC_DONT` would let them be cut too, but believe an
   * ICMP that anybody can forge, and then refuse `UDP_SEGMENT`.
   */
  readonly mayBeCut?: boolean;
}

/** The descriptor of a bound UDP socket of IPv4. @throws SocketFailure */
export function openUdpSocket(libc: Libc, options: UdpSocketOptions): number {
  const { local, interfaceName, broadcasts = false, sharesPort, mayBeCut = false } = options;
  const fd = check(libc, 'socket', libc.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  try {
    if (interfaceName !== undefined) bindToInterface(libc, fd, interfaceName);
    if (broadcasts) setOption(libc, fd, SOL_SOCKET, SO_BROADCAST, int32(1));
    widen(libc, fd, SO_RCVBUFFORCE, SO_RCVBUF);
    widen(libc, fd, SO_SNDBUFFORCE, SO_SNDBUF);
    // Where it is refused, the default carries all but the largest blocks.
    if (mayBeCut) libc.setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, int32(IP_PMTUDISC_OMIT), 4);
    if (sharesPort === 'always') setOption(libc, fd, SOL_SOCKET, SO_REUSEADDR, int32(1));
    const name = new Uint32Array(NAME_WORDS);
    layout.putEndpoint(name, 0, local);
    check(libc, 'bind', libc.bind(fd, name, name.byteLength));
    if (sharesPort === 'once-bound') setOption(libc, fd, SOL_SOCKET, SO_REUSEADDR, int32(1));
  } catch (error) {
    libc.close(fd);
    throw error;
  }
  return fd;
}

/** The port that a socket was bound to. @throws SocketFailure */
export function boundPort(libc: Libc, fd: number): number {
  const name = new Uint32Array(NAME_WORDS);
  const length = Uint32Array.of(name.byteLength);
  check(libc, 'getsockname', libc.getsockname(fd, name, length));
  return layout.portAt(name, 0);
}

/** Made ready once: sleeps until something can be read, or so many nanoseconds below a second are over. @returns whether it can. */
export function readableWithin(libc: Libc, fd: number, nanoseconds: number): () => boolean {
  const POLLIN = 1;
  /** `struct pollfd`: an int and two shorts. */
  const descriptor = Uint32Array.of(fd, 0);
  layout.putUint16(descriptor, 1, POLLIN);
  /** `struct timespec`. */
  const timespec = new Uint32Array(ABI.wordBytes / 2);
  layout.putWord(timespec, ABI.wordBytes / 4, nanoseconds);
  return () => libc.ppoll(descriptor, 1, timespec, null) > 0;
}

/** An int in the machine's own byte order. */
export function int32(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}

const LONGEST_PACKET = 2048;
/** Packets that are read in one go before others have their turn. */
const PACKETS_IN_A_ROW = 64;
/** Of the longest `struct sockaddr` here, that of IPv6. */
const ADDRESS_BYTES = 28;

/** A raw socket on one interface. Needs CAP_NET_RAW. Addresses are `struct sockaddr` of the family. */
export class RawSocket {
  readonly #fd: number;
  readonly #poll: PollHandle;
  readonly #bytes = Buffer.alloc(LONGEST_PACKET);
  readonly #source = Buffer.alloc(ADDRESS_BYTES);

  /** @throws SocketFailure */
  constructor(
    private readonly libc: Libc,
    what: { readonly domain: number; readonly protocol: number; readonly interfaceName: string },
    /** The bytes are overwritten by the next packet. */
    private readonly received: (packet: Buffer, source: Buffer) => void,
  ) {
    const type = SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC;
    this.#fd = check(libc, 'a raw socket', libc.socket(what.domain, type, what.protocol));
    try {
      bindToInterface(libc, this.#fd, what.interfaceName);
      this.#poll = libc.poll(this.#fd, () => this.#read());
    } catch (error) {
      libc.close(this.#fd);
      throw error;
    }
  }

  /** @throws SocketFailure */
  set(level: number, name: number, value: Uint8Array): void {
    setOption(this.libc, this.#fd, level, name, value);
  }

  /** @returns false where the system could not send it now. */
  send(packet: Uint8Array, to: Uint8Array): boolean {
    return this.libc.sendto(this.#fd, packet, packet.length, MSG_DONTWAIT, to, to.length) >= 0;
  }

  close(): void {
    this.#poll.close();
    this.libc.close(this.#fd);
  }

  #read(): void {
    for (let count = 0; count < PACKETS_IN_A_ROW; count += 1) {
      const sourceLength = Uint32Array.of(ADDRESS_BYTES);
      const length = this.libc.recvfrom(
        this.#fd,
        this.#bytes,
        LONGEST_PACKET,
        MSG_DONTWAIT,
        this.#source,
        sourceLength,
      );
      if (length < 0) return;
      this.received(this.#bytes.subarray(0, length), this.#source);
    }
  }
}

function bindToInterface(libc: Libc, fd: number, interfaceName: string): void {
  const name = Buffer.from(`${interfaceName}\0`, 'latin1');
  if (libc.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, name.length) < 0)
    throw new SocketFailure(`SO_BINDTODEVICE ${interfaceName}`, libc.errorName());
}

function setOption(libc: Libc, fd: number, level: number, name: number, value: Uint8Array): void {
  check(libc, `socket option ${level}/${name}`, libc.setsockopt(fd, level, name, value, value.length));
}

/** The larger buffer needs CAP_NET_ADMIN; without it the system's maximum is taken. */
function widen(libc: Libc, fd: number, force: number, ask: number): void {
  const size = int32(BUFFER_BYTES);
  if (libc.setsockopt(fd, SOL_SOCKET, force, size, size.length) < 0)
    libc.setsockopt(fd, SOL_SOCKET, ask, size, size.length);
}
