import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { formatIpv4, parseIpv4 } from '../net/ipv4.js';
import { DATA_HEADER_LENGTH, LEFT_OF_TOO_LONG, LONGEST_PACKET, OPCODE, opcodeOf } from './packet.js';
import { SessionTable, SILENT_AFTER_END_MS } from './session-table.js';
import type { Session, Wire } from './session.js';
import {
  deliver,
  isRequest,
  peerKey,
  unknownTransfer,
  type Peer,
  type TransferJob,
  type Transport,
  type TransportOptions,
} from './transport.js';

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

  async start(job: TransferJob): Promise<Session> {
    const port: OwnPort = { session: undefined };
    const wire = this.options.singlePort ? this.#sharedWire(job.peer) : await this.#ownWire(port, job.peer);
    const now = performance.now();
    port.session = this.#sessions.open(job, wire, now);
    port.session.start(now);
    return port.session;
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

/** Octets; a thousand machines may ask in the same instant. */
const LISTEN_BUFFER_BYTES = 4 * 1024 * 1024;

/** Addresses are always numbers here: the detour through the resolver would cost each packet a turn of the event loop. */
function noLookup(
  address: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void {
  callback(null, address, 4);
}

/**
 * A bound UDP socket. Faults after the bind (a full buffer, a client's ICMP) are like lost packets and left to the
 * protocol's own repetition, after `onFault` has heard of them.
 */
export async function boundSocket(
  address: string,
  port: number,
  onMessage: (packet: Uint8Array, from: RemoteInfo) => void,
  onFault: (error: Error) => void,
): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', lookup: noLookup });
  try {
    const listening = once(socket, 'listening'); // without a look-up it listens at once
    socket.bind({ address, port, exclusive: true });
    await listening;
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.on('error', onFault);
  socket.on('message', (packet: Uint8Array, from) =>
    onMessage(packet.length > LONGEST_PACKET ? packet.subarray(0, LEFT_OF_TOO_LONG) : packet, from),
  );
  return socket;
}

/** For the socket that hears all first requests. */
export function widenReceiveBuffer(socket: Socket): void {
  socket.setRecvBufferSize(LISTEN_BUFFER_BYTES);
}
