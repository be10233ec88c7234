import { addressOf, ReceiveBatch } from '../net/linux/datagrams.js';
import type { Libc } from '../net/linux/libc.js';
import { parseIpv4 } from '../net/ipv4.js';
import { DataHeaders } from './block-batch.js';
import type { BlockRun } from './file-window.js';
import { NativeSocket } from './native-socket.js';
import { LEFT_OF_TOO_LONG, OPCODE } from './packet.js';
import type { Session, SessionEnd, Wire } from './session.js';
import { SessionTable } from './session-table.js';
import {
  peerKey,
  unknownTransfer,
  type Peer,
  type TransferJob,
  type Transport,
  type TransportOptions,
} from './transport.js';

/**
 * Transfers share a few ports, taken in turn: what has come for many clients is taken with one system call, and what
 * goes to them is sent with another. A client's own address and port tell its transfer, as in single-port mode.
 */
const TRANSFER_SOCKETS = 2;

/**
 * Linux only: batches of datagrams through `recvmmsg` and `sendmmsg`, whole windows cut by the kernel.
 *
 * @throws SocketFailure
 */
export function openNativeTransport(libc: Libc, options: TransportOptions): Transport {
  return new NativeTransport(libc, options);
}

class NativeTransport implements Transport {
  readonly name = 'batches';
  readonly #libc: Libc;
  readonly #incoming: ReceiveBatch;
  readonly #headers: DataHeaders;
  readonly #listening: NativeSocket;
  readonly #transferring: readonly NativeSocket[];
  readonly #sessions = new SessionTable(() => this.#flush());
  readonly #socketOf = new Map<number, NativeSocket>();
  #turn = 0;

  constructor(
    libc: Libc,
    private readonly options: TransportOptions,
  ) {
    this.#libc = libc;
    this.#incoming = new ReceiveBatch(libc, LEFT_OF_TOO_LONG);
    this.#headers = new DataHeaders(libc);
    const { address, port, singlePort, onFault } = options;
    this.#listening = new NativeSocket(
      libc,
      { address: parseIpv4(address), port },
      this.#incoming,
      this.#headers,
      (index) => this.#heard(index),
      onFault,
      () => this.#finishBeforeBeginning(),
    );
    this.#transferring = singlePort ? [this.#listening] : this.#openTransferSockets();
  }

  get port(): number {
    return this.#listening.port;
  }

  send(to: Peer, packet: Uint8Array): void {
    this.#listening.outgoing.addPacket(to, packet);
    this.#listening.flush();
  }

  start(job: TransferJob): Promise<Session> {
    const { peer, onEnd } = job;
    const key = peerKey(peer.address, peer.port);
    const socket = this.#nextSocket();
    const now = performance.now();
    const ended = (end: SessionEnd): void => {
      this.#socketOf.delete(key);
      onEnd(end);
    };
    const wire = new BatchWire(this.#libc, socket, peer);
    const session = this.#sessions.open({ ...job, onEnd: ended }, wire, now);
    this.#socketOf.set(key, socket);
    session.start(now);
    socket.flush();
    return Promise.resolve(session);
  }

  close(): Promise<void> {
    this.#sessions.stop('the server is stopping');
    for (const socket of new Set([this.#listening, ...this.#transferring])) socket.close();
    return Promise.resolve();
  }

  #openTransferSockets(): NativeSocket[] {
    const { address, onFault } = this.options;
    return Array.from({ length: TRANSFER_SOCKETS }, () => {
      const socket: NativeSocket = new NativeSocket(
        this.#libc,
        { address: parseIpv4(address), port: 0 },
        this.#incoming,
        this.#headers,
        (index) => this.#continued(socket, index),
        onFault,
      );
      return socket;
    });
  }

  /** A client's last acknowledgement counts before its next request: they come to different sockets. */
  #finishBeforeBeginning(): void {
    if (this.options.singlePort) return;
    for (const socket of this.#transferring) socket.work();
  }

  #nextSocket(): NativeSocket {
    this.#turn = (this.#turn + 1) % this.#transferring.length;
    return this.#transferring[this.#turn] ?? this.#listening;
  }

  /** Something came to the listening port. */
  #heard(index: number): void {
    const peer = this.#incoming.sender(index);
    const opcode = this.#opcode(index);
    const isRequest = opcode === OPCODE.rrq || opcode === OPCODE.wrq;
    const key = peerKey(peer.address, peer.port);
    if (this.options.singlePort && !isRequest && this.#sessions.knows(key)) {
      this.#deliver(this.#sessions.get(key), index, opcode);
      return;
    }
    this.options.onPacket(this.#incoming.packet(index), peer);
    this.#flush(); // a repeated request may have made a transfer send
  }

  /** Something came to a port of transfers. RFC 1350 §4: a stranger is told, the transfer is not disturbed. */
  #continued(socket: NativeSocket, index: number): void {
    const key = peerKey(this.#incoming.address(index), this.#incoming.port(index));
    const opcode = this.#opcode(index);
    if (this.#socketOf.get(key) === socket) this.#deliver(this.#sessions.get(key), index, opcode);
    else if (opcode !== OPCODE.error && !this.#sessions.knows(key))
      socket.outgoing.addPacket(this.#incoming.sender(index), unknownTransfer());
  }

  #deliver(session: Session | undefined, index: number, opcode: number): void {
    if (!session || this.#incoming.length(index) < 4) return;
    if (opcode === OPCODE.ack) {
      const block = this.#incoming.octet(index, 2) * 256 + this.#incoming.octet(index, 3);
      session.acknowledged(block, performance.now());
    } else if (opcode === OPCODE.error) session.clientFailed();
  }

  #opcode(index: number): number {
    return this.#incoming.octet(index, 0) * 256 + this.#incoming.octet(index, 1);
  }

  #flush(): void {
    for (const socket of this.#transferring) socket.flush();
  }
}

/** Queues on a socket; whoever took the packets flushes it when all are answered. */
class BatchWire implements Wire {
  #bytes: Uint8Array | undefined;
  #bytesAt = 0;

  constructor(
    private readonly libc: Libc,
    private readonly socket: NativeSocket,
    private readonly peer: Peer,
  ) {}

  sendPacket(packet: Uint8Array): void {
    this.socket.outgoing.addPacket(this.peer, packet);
  }

  sendBlocks(run: BlockRun): void {
    if (this.#bytes !== run.bytes) {
      this.#bytes = run.bytes;
      this.#bytesAt = addressOf(this.libc, run.bytes);
    }
    this.socket.outgoing.addBlocks(this.peer, run, this.#bytesAt);
  }

  close(): void {
    this.#bytes = undefined;
  }
}
