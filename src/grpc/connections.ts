import type { Socket } from 'node:net';
import type { LimitName } from '../limits.js';
import { PlaceShares, type Shares } from '../net/place-shares.js';

export interface Connection {
  readonly address: string;
  readonly peer: string;
  readonly socket: Socket;
  /** It has shown a certificate that was asked for. */
  isKnown: boolean;
  /** Of that certificate. */
  name: string | undefined;
  /** That are not over. */
  calls: number;
  hasCalled: boolean;
  quiet: NodeJS.Timeout | undefined;
}

export interface ConnectionRules extends Shares {
  /** How long a connection may be without a call, in milliseconds. */
  readonly idleMs: number;
  /** The same before its first call: most of a stranger's never have one. */
  readonly silentMs: number;
}

type Reach = (limit: LimitName, facts: object) => void;

/** The connections of one listener: who has a place, who is called how, and which are closed since nothing happens on them. */
export class Connections {
  readonly #shares = new PlaceShares<Connection, LimitName>({
    inAll: 'grpc-connections',
    perAddress: 'grpc-connections-per-address',
  });
  readonly #byPeer = new Map<string, Connection>();

  constructor(
    private readonly rules: () => ConnectionRules,
    private readonly reach: Reach,
  ) {}

  get size(): number {
    return this.#shares.size;
  }

  /** A new connection: lets it in, or closes it. */
  accept(socket: Socket): Connection | undefined {
    const { remoteAddress: address = '' } = socket;
    const connection: Connection = {
      address,
      peer: peerOf(socket),
      socket,
      isKnown: false,
      name: undefined,
      calls: 0,
      hasCalled: false,
      quiet: undefined,
    };
    const { isIn, instead, reached } = this.#shares.enter(connection, this.rules());
    if (reached) this.reach(reached, { from: address });
    instead?.socket.destroy();
    // Nobody else listens to what happens to it before it is taken over.
    socket.on('error', () => socket.destroy());
    if (!isIn) {
      socket.destroy();
      return undefined;
    }
    this.#byPeer.set(connection.peer, connection);
    this.#watch(connection, this.rules().silentMs);
    socket.once('close', () => this.#leave(connection));
    return connection;
  }

  /** @param peer as in `10.75.0.9:51234` */
  at(peer: string): Connection | undefined {
    return this.#byPeer.get(peer);
  }

  /** It has shown its certificate: from now on it goes before strangers. */
  isKnownAs(connection: Connection, name: string): void {
    if (!this.#byPeer.has(connection.peer)) return;
    this.#shares.leave(connection);
    connection.isKnown = true;
    connection.name = name;
    this.#shares.enter(connection, this.rules());
  }

  begin(connection: Connection): void {
    connection.calls += 1;
    connection.hasCalled = true;
    if (connection.calls > 1) return;
    clearTimeout(connection.quiet);
    this.#shares.begin(connection);
  }

  end(connection: Connection): void {
    connection.calls -= 1;
    if (connection.calls > 0 || connection.socket.destroyed) return;
    this.#shares.end(connection);
    this.#watch(connection, this.rules().idleMs);
  }

  closeAll(): void {
    for (const { socket } of this.#byPeer.values()) socket.destroy();
  }

  /** Those that have come to no call yet. */
  closeSilent(): void {
    for (const { hasCalled, socket } of this.#byPeer.values()) if (!hasCalled) socket.destroy();
  }

  #watch(connection: Connection, milliseconds: number): void {
    clearTimeout(connection.quiet);
    connection.quiet = setTimeout(() => connection.socket.destroy(), milliseconds).unref();
  }

  #leave(connection: Connection): void {
    clearTimeout(connection.quiet);
    this.#byPeer.delete(connection.peer);
    this.#shares.leave(connection);
  }
}

/** As grpc-js names a caller. */
export function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
