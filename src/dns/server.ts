import { once } from 'node:events';
import type { RemoteInfo, Socket as UdpSocket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { errorCode } from '../errors.js';
import type { LimitName, ReachLimit } from '../limits.js';
import { subnetContains, tryParseIpv4, type Ipv4, type Subnet } from '../net/ipv4.js';
import { PlaceShares, type Sharer, type Shares } from '../net/place-shares.js';
import { DnsPortUnusable, MessageTooLong } from './errors.js';
import { answerTo, framed, MessageStream, rcode, readQuestion, type Question } from './message.js';
import type { OwnNames } from './own-names.js';
import { askUpstream, type Transport, type UpstreamServer } from './upstream.js';

export type DnsOutcome = 'own' | 'forwarded' | 'silent' | 'refused' | 'malformed' | 'foreign' | 'limited';

export interface DnsSettings {
  readonly upstreams: readonly UpstreamServer[];
  /** Whose questions are answered. */
  readonly networks: readonly Subnet[];
  /** Questions that wait for another server. */
  readonly maxQueries: number;
  readonly maxQueriesPerClient: number;
  /** By TCP. */
  readonly maxConnections: number;
  readonly maxConnectionsPerClient: number;
}

export interface DnsServerParts {
  readonly address: string;
  readonly port: number;
  /** As they stand now. */
  readonly settings: () => DnsSettings;
  readonly names: () => OwnNames;
  /** Whether the address is leased, or a host's: those go before strangers. */
  readonly isKnown: (address: Ipv4) => boolean;
  readonly answered: (outcome: DnsOutcome) => void;
  readonly reach: ReachLimit;
  readonly log: { warn(facts: object, message: string): void };
  /** For one server elsewhere. */
  readonly timeoutMs?: number;
  /** How long a TCP connection may be quiet. */
  readonly idleMs?: number;
}

/** A question that waits for another server. */
interface Query extends Sharer {
  /** Aborted where somebody else needs its place. */
  readonly gone: AbortController;
}

interface Connection extends Sharer {
  readonly socket: Socket;
}

const TIMEOUT_MS = 2000;
const IDLE_MS = 10_000;
const LONGEST_CONNECTION_MS = 60_000;
/** More than a question with all its options takes. */
const LONGEST_QUERY = 4096;

/** Answers for the names of hosts, and asks others for the rest. It hears one address, and answers the provisioned networks alone. */
export class DnsServer {
  readonly #queries = new PlaceShares<Query, LimitName>({
    inAll: 'dns-queries',
    perAddress: 'dns-queries-per-client',
  });
  readonly #connections = new PlaceShares<Connection, LimitName>({
    inAll: 'dns-connections',
    perAddress: 'dns-connections-per-client',
  });
  #udp: UdpSocket | undefined;
  #tcp: Server | undefined;

  constructor(private readonly parts: DnsServerParts) {}

  /** Questions that wait for another server now. */
  get outstanding(): number {
    return this.#queries.size;
  }

  /** The port that it listens on. @throws DnsPortUnusable */
  async start(): Promise<number> {
    const { address, port, log } = this.parts;
    try {
      const tcp = createServer((socket) => this.#connected(socket));
      this.#tcp = tcp;
      tcp.listen({ host: address, port, exclusive: true });
      await once(tcp, 'listening');
      tcp.on('error', (error) => log.warn({ error: error.message }, 'the socket of DNS has a fault'));
      const { port: bound } = tcp.address() as AddressInfo;
      const udp = createSocket('udp4');
      this.#udp = udp;
      udp.bind({ address, port: bound, exclusive: true });
      await once(udp, 'listening');
      udp.on('error', (error) => log.warn({ error: error.message }, 'the socket of DNS has a fault'));
      udp.on('message', (bytes, from) => void this.#datagram(udp, bytes, from));
      return bound;
    } catch (error) {
      await this.close();
      throw new DnsPortUnusable(address, port, errorCode(error) ?? String(error), error);
    }
  }

  async close(): Promise<void> {
    for (const { socket } of this.#connections.all()) socket.destroy();
    for (const { gone } of this.#queries.all()) gone.abort();
    this.#udp?.close();
    this.#udp = undefined;
    const tcp = this.#tcp;
    this.#tcp = undefined;
    if (tcp?.listening) await new Promise((resolve) => tcp.close(resolve));
  }

  async #datagram(udp: UdpSocket, bytes: Buffer, { address, port }: RemoteInfo): Promise<void> {
    // Nothing can be sent to port 0: Node throws.
    if (port === 0) return this.#tell('malformed', undefined);
    const client = this.#served(address);
    if (!client) return this.#tell('foreign', undefined);
    const answer = await this.#answer(bytes, client, 'udp');
    // A client that went away is its own affair.
    if (answer && this.#udp === udp) udp.send(answer, port, address, () => undefined);
  }

  async #answer(bytes: Buffer, client: Sharer, transport: Transport): Promise<Buffer | undefined> {
    const reading = readQuestion(bytes);
    if (reading.kind === 'ignored') return this.#tell('malformed', undefined);
    if (reading.kind === 'refused') return this.#tell('malformed', reading.answer);
    const { question } = reading;
    try {
      const own = this.parts.names().answer(question);
      if (own) return this.#tell('own', own);
      return await this.#forward(question, bytes, client, transport);
    } catch (error) {
      this.parts.log.warn({ error: String(error) }, 'a question of DNS could not be answered');
      return this.#tell('silent', answerTo(question, { code: rcode.serverFailure }));
    }
  }

  async #forward(question: Question, bytes: Buffer, client: Sharer, transport: Transport): Promise<Buffer> {
    const { upstreams } = this.parts.settings();
    if (upstreams.length === 0) return this.#tell('refused', answerTo(question, { code: rcode.refused }));
    const query = { ...client, gone: new AbortController() };
    const failure = answerTo(question, { code: rcode.serverFailure });
    const { maxQueries, maxQueriesPerClient } = this.parts.settings();
    const shares = { inAll: maxQueries, perAddress: maxQueriesPerClient };
    const { isIn, instead } = this.#enter(this.#queries, query, shares);
    instead?.gone.abort();
    if (!isIn) return this.#tell('limited', failure);
    try {
      const { signal } = query.gone;
      const answer = await askUpstream(
        bytes,
        transport,
        upstreams,
        this.parts.timeoutMs ?? TIMEOUT_MS,
        signal,
      );
      if (signal.aborted) return this.#tell('limited', failure);
      return answer ? this.#tell('forwarded', answer) : this.#tell('silent', failure);
    } finally {
      this.#queries.leave(query);
    }
  }

  #enter<P extends Sharer>(places: PlaceShares<P, LimitName>, newcomer: P, shares: Shares) {
    const entry = places.enter(newcomer, shares);
    if (entry.reached) this.parts.reach(entry.reached, { client: newcomer.address });
    return entry;
  }

  #connected(socket: Socket): void {
    const client = this.#served(socket.remoteAddress ?? '');
    if (!client) {
      this.#tell('foreign', undefined);
      socket.destroy();
      return;
    }
    const connection = { ...client, socket };
    const { maxConnections, maxConnectionsPerClient } = this.parts.settings();
    const shares = { inAll: maxConnections, perAddress: maxConnectionsPerClient };
    const { isIn, instead } = this.#enter(this.#connections, connection, shares);
    instead?.socket.destroy();
    if (!isIn) {
      socket.destroy();
      return;
    }
    socket.once('close', () => this.#connections.leave(connection));
    socket.setTimeout(this.parts.idleMs ?? IDLE_MS, () => socket.destroy());
    // A byte now and then would keep a quiet one's place for ever.
    const deadline = setTimeout(() => socket.destroy(), LONGEST_CONNECTION_MS);
    socket.once('close', () => clearTimeout(deadline));
    socket.on('error', () => socket.destroy());
    void this.#converse(connection);
  }

  /** One question after the other: who sends more meanwhile waits, as does who does not read. */
  async #converse(connection: Connection): Promise<void> {
    const { socket } = connection;
    const stream = new MessageStream(LONGEST_QUERY);
    try {
      for await (const bytes of socket as AsyncIterable<Buffer>) {
        for (const message of stream.take(bytes)) {
          this.#connections.begin(connection);
          const answer = await this.#answer(message, connection, 'tcp');
          if (!answer) return;
          if (!socket.write(framed(answer))) await drained(socket);
          this.#connections.end(connection);
        }
      }
    } catch (error) {
      if (error instanceof MessageTooLong) this.#tell('malformed', undefined);
      // Anything else is the end of the connection, as a client that goes away makes it.
    } finally {
      socket.destroy();
    }
  }

  /** Undefined for who is in none of the networks that are served. */
  #served(client: string): Sharer | undefined {
    const address = tryParseIpv4(client);
    const isServed =
      address !== undefined &&
      this.parts.settings().networks.some((network) => subnetContains(network, address));
    return isServed ? { address: client, isKnown: this.parts.isKnown(address) } : undefined;
  }

  #tell<T>(outcome: DnsOutcome, answer: T): T {
    this.parts.answered(outcome);
    return answer;
  }
}

/** Until it takes more, or is gone; leaves no listener behind. */
async function drained(socket: Socket): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  await Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })]);
  over.abort();
}
