import type { RemoteInfo, Socket } from 'node:dgram';
import { formatIpv4, parseIpv4 } from '../net/ipv4.js';
import { DATA_HEADER_LENGTH, encodePacket, ERROR_CODE, OPCODE, opcodeOf } from './packet.js';
import { SILENT_AFTER_END_MS } from './just-ended.js';
import { Session, type Wire } from './session.js';
import { SessionTable } from './session-table.js';
import {
  deliver,
  isRequest,
  peerKey,
  type Peer,
  type TransferJob,
  type Transport,
  type TransportOptions,
} from './transport.js';
import { boundSocket, widenReceiveBuffer } from './udp-socket.js';

/**
 * Node's own sockets, one for each transfer unless all have to go through one port. Works everywhere, and costs two
 * system calls and two turns through Node for each packet.
 *
 * @throws what binding the socket throws.
 */
export async function openDatagramTransport(options: TransportOptions): Promise<Transport> {
  const transport = new DatagramTransport(options);
  await transport.listen();
  return transport;
}

/** Descriptors. */
const MOST_LINGERING = 256;

/** What a socket of its own is for; the transfer follows once the socket is bound. */
interface OwnPort {
  session: Session | undefined;
}

class DatagramTransport implements Transport {
  readonly name = 'dgram';
  readonly #sessions = new SessionTable();
  /** Ports of transfers that ended a moment ago, the oldest first: a closed one would answer a doubled packet with ICMP. */
  readonly #lingering = new Set<Socket>();
  #socket: Socket | undefined;

  constructor(private readonly options: TransportOptions) {}

  get port(): number {
    return this.#socket?.address().port ?? this.options.port;
  }

  async listen(): Promise<void> {
    const { address, port, onFault } = this.options;
    this.#socket = await boundSocket(
      address,
      port,
      (packet, from) => this.#received(packet, from),
      (error) => onFault(error.message),
    );
    widenReceiveBuffer(this.#socket);
  }

  send(to: Peer, packet: Uint8Array): void {
    this.#socket?.send(packet, to.port, formatIpv4(to.address));
  }

  async start({ peer, file, agreement, onEnd }: TransferJob): Promise<Session> {
    const key = peerKey(peer.address, peer.port);
    const port: OwnPort = { session: undefined };
    const wire = this.options.singlePort ? this.#sharedWire(peer) : await this.#ownWire(port, peer);
    const now = performance.now();
    const session: Session = new Session(
      file,
      agreement,
      wire,
      (end) => {
        this.#sessions.ended(key, session, end.outcome);
        onEnd(end);
      },
      now,
    );
    this.#sessions.add(key, session);
    port.session = session;
    session.start(now);
    return session;
  }

  async close(): Promise<void> {
    this.#sessions.stop('the server is stopping');
    for (const lingering of this.#lingering) this.#closeNow(lingering);
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) await new Promise<void>((resolve) => void socket.close(() => resolve()));
  }

  #received(packet: Uint8Array, from: RemoteInfo): void {
    const peer = { address: parseIpv4(from.address), port: from.port };
    const key = peerKey(peer.address, peer.port);
    if (this.options.singlePort && !isRequest(packet) && this.#sessions.knows(key)) {
      deliver(this.#sessions.get(key), packet, performance.now());
    } else this.options.onPacket(packet, peer);
  }

  #sharedWire(peer: Peer): Wire {
    const address = formatIpv4(peer.address);
    return wireOver(
      (parts) => this.#socket?.send(parts, peer.port, address),
      () => undefined,
    );
  }

  async #ownWire(port: OwnPort, peer: Peer): Promise<Wire> {
    const address = formatIpv4(peer.address);
    const socket = await boundSocket(
      this.options.address,
      0,
      (packet, from) => {
        if (from.port === peer.port && from.address === address) {
          deliver(port.session, packet, performance.now());
        } else if (opcodeOf(packet) !== OPCODE.error && from.port !== 0) {
          // RFC 1350 §4: the stranger is told, the transfer is not disturbed.
          socket.send(unknownTransfer(), from.port, from.address);
        }
      },
      (error) => this.options.onFault(error.message),
    );
    return wireOver(
      (parts) => socket.send(parts, peer.port, address),
      () => this.#linger(socket),
    );
  }

  #linger(socket: Socket): void {
    this.#lingering.add(socket);
    setTimeout(() => this.#closeNow(socket), SILENT_AFTER_END_MS).unref();
    for (const oldest of this.#lingering) {
      if (this.#lingering.size <= MOST_LINGERING) break;
      this.#closeNow(oldest);
    }
  }

  #closeNow(socket: Socket): void {
    if (this.#lingering.delete(socket)) socket.close();
  }
}

function wireOver(send: (parts: readonly Uint8Array[]) => void, close: () => void): Wire {
  return {
    sendPacket: (packet) => send([packet]),
    sendBlocks: ({ first, count, blockSize, bytes, offset, length }) => {
      for (let index = 0; index < count; index += 1) {
        const from = index * blockSize;
        const to = Math.min(from + blockSize, length);
        send([dataHeader(first + index), bytes.subarray(offset + from, offset + to)]);
      }
    },
    close,
  };
}

function dataHeader(block: number): Uint8Array {
  const header = Buffer.allocUnsafe(DATA_HEADER_LENGTH);
  header.writeUInt16BE(OPCODE.data, 0);
  header.writeUInt16BE(block & 0xffff, 2);
  return header;
}

function unknownTransfer(): Uint8Array {
  return encodePacket({ kind: 'error', code: ERROR_CODE.unknownTransferId, message: 'unknown transfer' });
}
