import { once } from 'node:events';
import type { RemoteInfo, Socket as UdpSocket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { errorCode } from '../errors.js';
import type { ReachLimit } from '../limits.js';
import { subnetContains, tryParseIpv4, type Subnet } from '../net/ipv4.js';
import { Admission } from './admission.js';
import { DnsPortUnusable } from './errors.js';
import { framed, MessageStream, MessageTooLong } from './message-stream.js';
import { answerTo, rcode, readQuestion, type Question } from './message.js';
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
  readonly answered: (outcome: DnsOutcome) => void;
  readonly reach: ReachLimit;
  readonly log: { warn(facts: object, message: string): void };
  /** For one server elsewhere. */
  readonly timeoutMs?: number;
  /** How long a TCP connection may be quiet. */
  readonly idleMs?: number;
}

const TIMEOUT_MS = 2000;
const IDLE_MS = 10_000;
const LONGEST_CONNECTION_MS = 60_000;
/** More than a question with all its options takes. */
const LONGEST_QUERY = 4096;

/** Answers for the names of hosts, and asks others for the rest. It hears one address, and answers the provisioned networks alone. */
export class DnsServer {
  readonly #queries: Admission;
  readonly #connections: Admission;
  readonly #open = new Set<Socket>();
  #udp: UdpSocket | undefined;
  #tcp: Server | undefined;

  constructor(private readonly parts: DnsServerParts) {
    const { settings } = parts;
    this.#queries = new Admission(() => {
      const { maxQueries: all, maxQueriesPerClient: perClient } = settings();
      return { all, perClient };
    });
    this.#connections = new Admission(() => {
      const { maxConnections: all, maxConnectionsPerClient: perClient } = settings();
      return { all, perClient };
    });
  }

  /** Questions that wait for another server now. */
  get outstanding(): number {
    return this.#queries.taken;
  }

  /** The port that it listens on. @throws DnsPortUnusable */
  async start(): Promise<number> {
    const { address, port, log } = this.parts;
    try {
      const udp = createSocket('udp4');
      this.#udp = udp;
      udp.bind({ address, port, exclusive: true });
      await once(udp, 'listening');
      const bound = udp.address().port;
      udp.on('error', (error) => log.warn({ error: error.message }, 'the socket of DNS has a fault'));
      udp.on('message', (bytes, from) => void this.#datagram(udp, bytes, from));
      const tcp = createServer((socket) => this.#connected(socket));
      this.#tcp = tcp;
      tcp.listen({ host: address, port: bound, exclusive: true });
      await once(tcp, 'listening');
      tcp.on('error', (error) => log.warn({ error: error.message }, 'the socket of DNS has a fault'));
      return bound;
    } catch (error) {
      await this.close();
      throw new DnsPortUnusable(address, port, errorCode(error) ?? String(error), error);
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#udp?.close();
    this.#udp = undefined;
    const tcp = this.#tcp;
    this.#tcp = undefined;
    if (tcp?.listening) await new Promise((resolve) => tcp.close(resolve));
  }

  async #datagram(udp: UdpSocket, bytes: Buffer, { address, port }: RemoteInfo): Promise<void> {
    // Nothing can be sent to port 0: Node throws.
    if (port === 0) return this.#tell('malformed', undefined);
    const answer = await this.#answer(bytes, address, 'udp');
    // A client that went away is its own affair.
    if (answer && this.#udp === udp) udp.send(answer, port, address, () => undefined);
  }

  async #answer(bytes: Buffer, client: string, transport: Transport): Promise<Buffer | undefined> {
    if (!this.#isServed(client)) return this.#tell('foreign', undefined);
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

  async #forward(question: Question, bytes: Buffer, client: string, transport: Transport): Promise<Buffer> {
    const { upstreams } = this.parts.settings();
    if (upstreams.length === 0) return this.#tell('refused', answerTo(question, { code: rcode.refused }));
    const full = this.#queries.enter(client);
    if (full) {
      this.parts.reach(full === 'all' ? 'dns-queries' : 'dns-queries-per-client', { client });
      return this.#tell('limited', answerTo(question, { code: rcode.serverFailure }));
    }
    try {
      const answer = await askUpstream(bytes, transport, upstreams, this.parts.timeoutMs ?? TIMEOUT_MS);
      return answer
        ? this.#tell('forwarded', answer)
        : this.#tell('silent', answerTo(question, { code: rcode.serverFailure }));
    } finally {
      this.#queries.leave(client);
    }
  }

  #connected(socket: Socket): void {
    const client = socket.remoteAddress ?? '';
    if (!this.#isServed(client)) {
      this.#tell('foreign', undefined);
      socket.destroy();
      return;
    }
    const full = this.#connections.enter(client);
    if (full) {
      this.parts.reach(full === 'all' ? 'dns-connections' : 'dns-connections-per-client', { client });
      socket.destroy();
      return;
    }
    this.#open.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      this.#connections.leave(client);
    });
    socket.setTimeout(this.parts.idleMs ?? IDLE_MS, () => socket.destroy());
    // A byte now and then would keep a quiet one's place for ever.
    const deadline = setTimeout(() => socket.destroy(), LONGEST_CONNECTION_MS);
    socket.once('close', () => clearTimeout(deadline));
    socket.on('error', () => socket.destroy());
    void this.#converse(socket, client);
  }

  /** One question after the other: who sends more meanwhile waits, as does who does not read. */
  async #converse(socket: Socket, client: string): Promise<void> {
    const stream = new MessageStream(LONGEST_QUERY);
    try {
      for await (const bytes of socket as AsyncIterable<Buffer>) {
        for (const message of stream.take(bytes)) {
          const answer = await this.#answer(message, client, 'tcp');
          if (!answer) return;
          if (!socket.write(framed(answer))) await drained(socket);
        }
      }
    } catch (error) {
      if (error instanceof MessageTooLong) this.#tell('malformed', undefined);
      // Anything else is the end of the connection, as a client that goes away makes it.
    } finally {
      socket.destroy();
    }
  }

  #isServed(client: string): boolean {
    const address = tryParseIpv4(client);
    return (
      address !== undefined &&
      this.parts.settings().networks.some((network) => subnetContains(network, address))
    );
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
