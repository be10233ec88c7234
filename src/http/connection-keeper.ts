import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { LimitName } from '../limits.js';
import { PlaceShares } from '../net/place-shares.js';
import type { Client, HttpRequest } from './http-request.js';
import type { Traffic } from './traffic.js';

/** Answers a request; settles once nothing of it is done any more, but for what its answer still sends. */
export type HandleRequest = (request: HttpRequest, response: ServerResponse) => Promise<void> | void;

/** Of the requests that wait on one connection: lines and headers, in characters. */
const MOST_WAITING_CHARACTERS = 16 * 1024;

/** Of one answer: a stream that is sent has eight from Node and Koa alone. */
const MOST_LISTENERS = 30;

interface Connection extends Client {
  readonly socket: Socket;
  /** What is being answered. */
  current: ServerResponse | undefined;
  readonly waiting: { readonly request: HttpRequest; readonly response: ServerResponse }[];
  waitingCharacters: number;
  /** Handlers that have not settled yet. */
  running: number;
}

/**
 * The connections of one listening address: how many there are, and one request in work on each. Node begins all that a client sends
 * at once; here the next is taken up when the one before it is over. So an answer has its connection from its beginning, and
 * hears of its end.
 */
export class ConnectionKeeper {
  readonly #shares = new PlaceShares<Connection, LimitName>({
    inAll: 'http-connections',
    perAddress: 'http-connections-per-address',
  });
  readonly #connections = new Map<Socket, Connection>();
  /** Listens to each answer: one function for all of them. */
  readonly #whenClosed: (this: ServerResponse) => void;

  /**
   * @param clientOf Who is at the other end.
   * @param most Connections, whatever the settings allow.
   */
  constructor(
    private readonly traffic: Traffic,
    private readonly handle: HandleRequest,
    private readonly clientOf: (socket: Socket) => Client,
    private readonly most: number = Infinity,
  ) {
    const over = (response: ServerResponse) => this.#over(response);
    this.#whenClosed = function () {
      over(this);
    };
  }

  /** A new connection: lets it in, or closes it. */
  accept(socket: Socket): void {
    const client = this.clientOf(socket);
    const { address } = client;
    const connection: Connection = {
      ...client,
      socket,
      current: undefined,
      waiting: [],
      waitingCharacters: 0,
      running: 0,
    };
    const { connections, connectionsPerAddress } = this.traffic.limits;
    const { isIn, instead, reached } = this.#shares.enter(connection, {
      inAll: Math.min(connections, this.most),
      perAddress: connectionsPerAddress,
    });
    if (reached) this.traffic.reach(reached, { from: address });
    instead?.socket.destroy();
    if (!isIn) {
      socket.destroy();
      return;
    }
    this.#connections.set(socket, connection);
    socket.on('close', () => {
      this.#connections.delete(socket);
      connection.waiting.length = 0;
      if (connection.running === 0) this.#shares.leave(connection);
    });
  }

  take(request: HttpRequest, response: ServerResponse): void {
    const connection = this.#connections.get(request.socket);
    if (!connection || request.socket.destroyed) return;
    if (connection.current) this.#keepWaiting(connection, request, response);
    else this.#begin(connection, request, response);
  }

  #begin(connection: Connection, request: HttpRequest, response: ServerResponse): void {
    connection.current = response;
    request.client = connection;
    response.setMaxListeners(MOST_LISTENERS);
    if (hasBody(request)) {
      request.once('end', () => {
        if (connection.current === response) this.#shares.begin(connection);
      });
    } else {
      this.#shares.begin(connection);
    }
    // Taken up with its connection open: it will hear of its end.
    response.on('close', this.#whenClosed);
    connection.running += 1;
    void this.#run(connection, request, response);
  }

  async #run(connection: Connection, request: HttpRequest, response: ServerResponse): Promise<void> {
    try {
      await this.handle(request, response);
    } finally {
      connection.running -= 1;
      if (connection.socket.destroyed) this.#leaveWhenClosed(connection);
      else this.#countRest(connection, response);
    }
  }

  #countRest(connection: Connection, response: ServerResponse): void {
    const { writableLength } = connection.socket;
    if (response.writableEnded && !response.closed && writableLength > 0)
      this.traffic.holdRest(connection, response, writableLength);
  }

  #leaveWhenClosed(connection: Connection): void {
    if (connection.running === 0 && !this.#connections.has(connection.socket)) this.#shares.leave(connection);
  }

  #over(response: ServerResponse): void {
    const request = response.req as HttpRequest;
    this.traffic.releaseBody(request);
    request.whenOver?.(request, response);
    // What `#begin` gave it.
    this.#next(request.client as Connection);
  }

  #next(connection: Connection): void {
    connection.current = undefined;
    // After the last answer of a connection, only its end follows.
    if (!connection.socket.writable) {
      connection.waiting.length = 0;
      return;
    }
    const next = connection.waiting.shift();
    if (next) {
      connection.waitingCharacters -= charactersOf(next.request);
      this.#begin(connection, next.request, next.response);
    } else {
      this.#shares.end(connection);
    }
  }

  /** RFC 9112 §9.3.2: a client may send further requests without waiting, and has to be ready to send them again. */
  #keepWaiting(connection: Connection, request: HttpRequest, response: ServerResponse): void {
    const { socket, waiting, address } = connection;
    connection.waitingCharacters += charactersOf(request);
    const isTooMuch =
      waiting.length >= this.traffic.limits.waitingRequests ||
      connection.waitingCharacters > MOST_WAITING_CHARACTERS ||
      hasBody(request);
    if (isTooMuch) {
      this.traffic.reach('http-waiting-requests', { from: address });
      waiting.length = 0;
      socket.destroy();
    } else {
      waiting.push({ request, response });
    }
  }
}

function hasBody({ headers }: HttpRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function charactersOf({ url = '', rawHeaders }: HttpRequest): number {
  return rawHeaders.reduce((sum, { length }) => sum + length, url.length);
}
