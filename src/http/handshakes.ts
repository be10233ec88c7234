import type { Socket } from 'node:net';
import type { LimitName } from '../limits.js';
import { PlaceShares, type Sharer } from '../net/place-shares.js';
import { TokenBuckets, type Budget } from '../net/token-buckets.js';
import type { Client } from './http-request.js';
import type { Traffic } from './traffic.js';

/** What of TLS costs before anybody has proved who he is. A handshake takes a millisecond of the one thread that machines boot by. */
export interface HandshakeLimits {
  /** In milliseconds. */
  readonly time: number;
  readonly atOnce: number;
  readonly atOncePerAddress: number;
  /** What each address has for itself: others cannot spend it. */
  readonly own: Budget;
  /** What one has beyond that. */
  readonly perAddress: Budget;
  /** What all have together beyond that. */
  readonly inAll: Budget;
}

const handshakeLimits: HandshakeLimits = {
  time: 10_000,
  atOnce: 512,
  atOncePerAddress: 64,
  own: { burst: 8, perMinute: 30 },
  perAddress: { burst: 1_000, perMinute: 1_800 },
  inAll: { burst: 2_000, perMinute: 9_000 },
};

interface Handshake extends Sharer {
  readonly socket: Socket;
}

/** The connections of one listening address that are at their handshake: how many there are, and how many begin. */
export class Handshakes {
  readonly #shares = new PlaceShares<Handshake, LimitName>({
    inAll: 'https-handshakes',
    perAddress: 'https-handshakes-per-address',
  });
  readonly #open = new Map<string, Handshake>();
  readonly #begun = { own: new TokenBuckets(), perAddress: new TokenBuckets(), inAll: new TokenBuckets() };

  constructor(
    private readonly clientOf: (socket: Socket) => Client,
    private readonly traffic: Pick<Traffic, 'now' | 'reach'>,
    readonly limits: HandshakeLimits = handshakeLimits,
  ) {}

  get size(): number {
    return this.#shares.size;
  }

  /** A connection on which TLS is to begin: lets it in, or closes it. This server's own go before all others, at any rate. */
  begin(socket: Socket): void {
    const { address, isServer } = this.clientOf(socket);
    const limit = isServer ? undefined : this.#rateReached(address);
    if (limit) {
      this.traffic.reach(limit, { from: address });
      socket.destroy();
      return;
    }
    const handshake: Handshake = { address, isKnown: isServer, socket };
    const { isIn, instead, reached } = this.#shares.enter(handshake, {
      inAll: this.limits.atOnce,
      perAddress: this.limits.atOncePerAddress,
    });
    if (reached) this.traffic.reach(reached, { from: address });
    instead?.socket.destroy();
    if (!isIn) {
      socket.destroy();
      return;
    }
    const peer = peerOf(socket);
    this.#open.set(peer, handshake);
    socket.once('close', () => this.#leave(peer, handshake));
  }

  /** It is over: the connection is one like others. @param socket the same one, or what TLS made of it */
  end(socket: Socket): void {
    const peer = peerOf(socket);
    const handshake = this.#open.get(peer);
    if (handshake) this.#leave(peer, handshake);
  }

  closeAll(): void {
    for (const { socket } of this.#open.values()) socket.destroy();
  }

  #rateReached(address: string): LimitName | undefined {
    const { own, perAddress, inAll } = this.limits;
    const now = this.traffic.now();
    if (this.#begun.own.take(address, own, now)) return undefined;
    if (!this.#begun.perAddress.take(address, perAddress, now)) return 'https-handshake-rate-per-address';
    return this.#begun.inAll.take('', inAll, now) ? undefined : 'https-handshake-rate';
  }

  #leave(peer: string, handshake: Handshake): void {
    if (this.#open.get(peer) === handshake) this.#open.delete(peer);
    this.#shares.leave(handshake);
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
