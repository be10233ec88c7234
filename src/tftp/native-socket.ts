import { ImagoError } from '../errors.js';
import { parseIpv4 } from '../net/ipv4.js';
import type { Libc, PollHandle } from './libc.js';
import { AF_INET } from './message-layout.js';
import type { ReceiveBatch } from './receive-batch.js';
import { WaitingHabit } from './waiting-habit.js';
import { SendBatch } from './send-batch.js';

const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;

const IPPROTO_IP = 0;
const IP_MTU_DISCOVER = 10;
/**
 * Packets may be cut on their way (RFC 791), and are cut here for what the own link carries only. By Linux's default none may: over a narrower
 * path whose routers tell nobody, none of 1468 octets arrives. `IP_PMTUDISC_DONT` would let them be cut too, but believe an ICMP that
 * anybody can forge, and then refuse `UDP_SEGMENT`.
 */
const IP_PMTUDISC_OMIT = 5;

/** Octets; a thousand machines may ask in the same instant, and each may get a window of blocks. */
const BUFFER_BYTES = 8 * 1024 * 1024;

/** Milliseconds of one socket's work before the rest of the process has its turn. */
const TURN_MS = 2;

/**
 * Milliseconds to look again and again for the next packet: a processor with nothing to do takes tens of microseconds to
 * wake, which would come on top of each answer to a client in lock-step.
 */
const LOOK_MS = 0.04;

/**
 * Nanoseconds to sleep for the next packet here instead of in Node's event loop, which takes longer to go to sleep and to
 * wake: for when the client needs the processor that looking again would keep.
 */
const WAIT_NS = 50_000;

/** The system refused something about a socket. */
export class SocketCallFailed extends ImagoError {
  readonly code = 'TFTP_SOCKET_CALL_FAILED';

  constructor(
    call: string,
    readonly reason: string,
  ) {
    super(`${call}: ${reason}`, { call, reason });
  }
}

/** A UDP socket that takes and sends many datagrams with one call. */
export class NativeSocket {
  readonly port: number;
  readonly outgoing: SendBatch;
  readonly #fd: number;
  readonly #poll: PollHandle;
  readonly #pollDescriptor: Uint8Array;
  readonly #pollTimeout = timespec(WAIT_NS);
  readonly #lookingAgain = new WaitingHabit();
  readonly #sleeping = new WaitingHabit();
  #switches = 0;
  #watchesWritable = false;
  #open = true;

  /** @throws SocketCallFailed */
  constructor(
    private readonly libc: Libc,
    where: { readonly address: string; readonly port: number },
    private readonly incoming: ReceiveBatch,
    /** For each datagram that is in `incoming` now. */
    private readonly received: (index: number) => void,
    onFault: (reason: string) => void,
    /** Before anything is received. */
    before: () => void = () => undefined,
  ) {
    this.#fd = libc.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (this.#fd < 0) throw new SocketCallFailed('socket', libc.errorName());
    this.#pollDescriptor = readable(this.#fd);
    try {
      this.#widen(SO_RCVBUFFORCE, SO_RCVBUF);
      this.#widen(SO_SNDBUFFORCE, SO_SNDBUF);
      libc.setsockopt(this.#fd, IPPROTO_IP, IP_MTU_DISCOVER, int32(IP_PMTUDISC_OMIT));
      if (libc.bind(this.#fd, socketAddress(where)) < 0) throw new SocketCallFailed('bind', libc.errorName());
      this.port = this.#boundPort();
      this.outgoing = new SendBatch(libc, this.#fd, onFault);
      this.#poll = libc.poll(this.#fd, () => {
        before();
        this.work();
      });
    } catch (error) {
      libc.close(this.#fd);
      throw error;
    }
  }

  /** Sends what is queued, and watches for room where not all could be sent. */
  flush(): void {
    if (!this.#open) return;
    this.outgoing.flush();
    if (this.outgoing.isWaiting === this.#watchesWritable) return;
    this.#watchesWritable = this.outgoing.isWaiting;
    this.#poll.watchWritable(this.#watchesWritable);
  }

  close(): void {
    if (!this.#open) return;
    this.outgoing.flush();
    this.#open = false;
    this.#poll.close();
    this.libc.close(this.#fd);
  }

  /** Answers what has come, for a while. */
  work(): void {
    const until = performance.now() + TURN_MS;
    let count = this.incoming.receive(this.#fd);
    while (count > 0 && this.#open) {
      for (let index = 0; index < count; index += 1) this.received(index);
      this.flush();
      if (!this.#open) return;
      if (performance.now() > until) {
        this.#giveWay();
        return;
      }
      count = this.#receiveNext(count);
    }
  }

  /** Where others wait for a processor, none is kept by looking again. */
  #giveWay(): void {
    const { involuntaryContextSwitches } = process.resourceUsage();
    if (involuntaryContextSwitches !== this.#switches) this.#lookingAgain.pause();
    this.#switches = involuntaryContextSwitches;
  }

  /**
   * What has come since. A single client is waited for, for moments; of many clients more will have come by the next turn
   * of the event loop, and a large batch is cheaper than two small ones.
   */
  #receiveNext(lastCount: number): number {
    if (lastCount > 1) return this.incoming.receive(this.#fd);
    let count = 0;
    if (this.#lookingAgain.mayWait()) {
      const until = performance.now() + LOOK_MS;
      while (count === 0 && performance.now() < until) count = this.incoming.receive(this.#fd);
      this.#lookingAgain.waited(count > 0);
      if (count > 0) return count;
    }
    if (!this.#sleeping.mayWait()) return 0;
    const isReady = this.libc.ppoll(this.#pollDescriptor, this.#pollTimeout) > 0;
    this.#sleeping.waited(isReady);
    return isReady ? this.incoming.receive(this.#fd) : 0;
  }

  /** The larger buffer needs CAP_NET_ADMIN; without it the system's maximum is taken. */
  #widen(force: number, ask: number): void {
    const size = int32(BUFFER_BYTES);
    if (this.libc.setsockopt(this.#fd, SOL_SOCKET, force, size) < 0) {
      this.libc.setsockopt(this.#fd, SOL_SOCKET, ask, size);
    }
  }

  #boundPort(): number {
    const address = Buffer.alloc(16);
    if (this.libc.getsockname(this.#fd, address) < 0) {
      throw new SocketCallFailed('getsockname', this.libc.errorName());
    }
    return address.readUInt16BE(2);
  }
}

function socketAddress({ address, port }: { readonly address: string; readonly port: number }): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.writeUInt32BE(parseIpv4(address), 4);
  return bytes;
}

function int32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

/** `struct timespec`. */
function timespec(nanoseconds: number): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(nanoseconds, 8);
  return bytes;
}

/** `struct pollfd` for POLLIN. */
function readable(fd: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32LE(fd, 0);
  bytes.writeInt16LE(1, 4);
  return bytes;
}
