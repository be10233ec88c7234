import type { ServerResponse } from 'node:http';
import type { HttpLimits } from '../config/http-limits-section.js';
import type { ReachLimit } from '../limits.js';
import type { SenderThreads } from '../net/linux/sender-threads.js';
import { tryParseIpv4, type Ipv4 } from '../net/ipv4.js';
import type { SeenCard } from '../provision/machine-proof.js';
import { AnswerShares, type HeldAnswer } from './answer-shares.js';
import type { Client, HttpRequest } from './http-request.js';
import { whenOver } from './request-over.js';
import { takenBy } from './end-when-slow.js';
import { Tally } from '../net/place-shares.js';
import { TooManyWatchers, TooMuchHeld, type HeldLimit } from './http-errors.js';
import { WatcherShares } from './watcher-shares.js';

const LARGE_CHUNK = 256 * 1024;
export const SMALL_CHUNK = 64 * 1024;
/** What a part of a body weighs beside its bytes: a body may come in parts of one byte. */
const PART_BYTES = 256;

declare module 'koa' {
  interface DefaultContext {
    traffic: Traffic;
    /** `listen` makes its requests of this class. */
    req: HttpRequest;
  }
}

export interface TrafficParts {
  readonly limits: () => HttpLimits;
  readonly isKnown: (address: Ipv4) => boolean;
  readonly cardAt: (address: Ipv4) => SeenCard;
  readonly reach: ReachLimit;
  /** In milliseconds. */
  readonly now: () => number;
  /** Sends files past this process; undefined where the system does not. */
  readonly sender?: SenderThreads | undefined;
}

interface Answer extends HeldAnswer {
  end(): void;
}

/** What clients hold over HTTP, on all listening addresses: answers that are not taken yet, bodies of requests, watchers. */
export class Traffic {
  readonly #answers = new AnswerShares<Answer>();
  readonly #bodies = new Tally();
  readonly #watchers = new WatcherShares();

  constructor(private readonly parts: TrafficParts) {}

  get limits(): HttpLimits {
    return this.parts.limits();
  }

  /** In milliseconds. */
  now(): number {
    return this.parts.now();
  }

  get sender(): SenderThreads | undefined {
    return this.parts.sender;
  }

  readonly reach: ReachLimit = (name, facts) => this.parts.reach(name, facts);

  /**
   * Whoever has connected from one address to another. Whether his is a host’s, or leased, is looked up once for a connection.
   * @param address Of IPv4 on a dual-stack socket Node writes `::ffff:10.75.0.9`.
   */
  clientAt(address: string, server: string): Client {
    const ip = tryParseIpv4(address.startsWith('::ffff:') ? address.slice(7) : address);
    const isKnown = ip !== undefined && this.parts.isKnown(ip);
    const card = ip === undefined ? undefined : this.parts.cardAt(ip);
    const isServer = address !== '' && address === server;
    return { address, ip, isServer, isKnown, card, since: performance.now() };
  }

  /** @throws TooMuchHeld for one that has not taken what it asked for before */
  checkAsker({ client }: HttpRequest): void {
    const { answerMegabytesPerAddress } = this.limits;
    if (this.#answers.of(client) > answerMegabytesPerAddress * 1e6)
      this.#refuse('http-answers-per-address', client);
  }

  /**
   * Takes room for a download, until its answer is over.
   * @param length of what is to be sent
   * @param past How much of it has been sent past Node, whenever that is asked.
   * @returns how many bytes it may read at a time
   * @throws TooMuchHeld
   */
  holdDownload(
    { client }: HttpRequest,
    response: ServerResponse,
    length: number,
    past: () => number = () => 0,
  ): number {
    const { inAll, perAddress, patience } = this.#answerLimits();
    const isAmple = this.#answers.bytes < inAll / 4 && this.#answers.of(client) < perAddress / 4;
    const chunk = Math.min(length, isAmple ? LARGE_CHUNK : SMALL_CHUNK);
    const answer = { ...answerOf(client, response, chunk), taken: () => takenBy(response) + past() };
    const limits = { inAll, perAddress, patience };
    const { isIn, ended, reached } = this.#answers.enter(answer, this.now(), limits);
    this.#end(ended);
    if (!isIn && reached) this.#refuse(reached, client);
    if (reached) this.reach(reached, { from: client.address });
    whenOver(response, () => this.#answers.leave(answer));
    return chunk;
  }

  /** Counts what is left of an answer that has been written as a whole, until it is over. `bytes` wait to be taken. */
  holdRest(client: Client, response: ServerResponse, bytes: number): void {
    const answer = answerOf(client, response, bytes);
    const ended = this.#answers.add(answer, this.now(), this.#answerLimits());
    whenOver(response, () => this.#answers.leave(answer));
    if (ended.length > 0) this.reach('http-answers', { from: client.address });
    this.#end(ended);
  }

  /** Counts what has come of a body, until `releaseBody`. @throws TooMuchHeld */
  holdBody(request: HttpRequest, response: ServerResponse, bytes: number): void {
    const { client } = request;
    const { bodyMegabytes, bodyMegabytesPerAddress } = this.limits;
    const more = bytes + PART_BYTES;
    if (this.#bodies.of(client.address) + more > bodyMegabytesPerAddress * 1e6)
      this.#refuse('http-bodies-per-address', client);
    if (this.#bodies.total + more > bodyMegabytes * 1e6) this.#refuse('http-bodies', client);
    if (response.closed) return;
    this.#bodies.add(client.address, more);
    request.heldBytes += more;
  }

  releaseBody(request: HttpRequest): void {
    if (request.heldBytes === 0) return;
    this.#bodies.add(request.client.address, -request.heldBytes);
    request.heldBytes = 0;
  }

  /** Counts who reads or watches events, until the answer is over. @throws TooManyWatchers */
  watch({ client }: HttpRequest, response: ServerResponse, operator: string | undefined): void {
    const { address } = client;
    const watcher = { address, operator };
    const { eventWatchers, eventWatchersPerAddress, eventWatchersPerOperator } = this.limits;
    const most = {
      'event-watchers': eventWatchers,
      'event-watchers-per-address': eventWatchersPerAddress,
      'event-watchers-per-operator': eventWatchersPerOperator,
    };
    const reached = this.#watchers.enter(watcher, most);
    if (reached) {
      this.reach(reached, { from: address, operator });
      throw new TooManyWatchers(reached, most[reached]);
    }
    whenOver(response, () => this.#watchers.leave(watcher));
  }

  #answerLimits() {
    const { answerMegabytes, answerMegabytesPerAddress, slowAnswerSeconds } = this.limits;
    return {
      inAll: answerMegabytes * 1e6,
      perAddress: answerMegabytesPerAddress * 1e6,
      patience: slowAnswerSeconds * 1000,
    };
  }

  #end(answers: readonly Answer[]): void {
    for (const answer of answers) {
      this.reach('http-slow-answers', { from: answer.client.address });
      answer.end();
    }
  }

  #refuse(limit: HeldLimit, { address }: Client): never {
    this.reach(limit, { from: address });
    throw new TooMuchHeld(limit);
  }
}

function answerOf(client: Client, response: ServerResponse, bytes: number): Answer {
  return { client, bytes, taken: () => takenBy(response), end: () => void response.destroy() };
}
