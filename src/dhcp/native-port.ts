import type { Endpoint } from '../net/ipv4.js';
import { ReceiveBatch, SendBatch } from '../net/linux/datagrams.js';
import { SocketFailure, type Libc } from '../net/linux/libc.js';
import type { DatagramPort, DatagramPortEvents, ReceiveDatagram } from './datagram-port.js';
import { Urgency } from './urgency.js';

/** How often a socket is read before answers go out and others have their turn. */
const ROUNDS = 4;
const MOST_QUEUED = 1024;
/**
 * How many datagrams go out at once, and in a millisecond: a relay's socket holds some 250, and what it cannot take is
 * lost. A server that catches up with a backlog as fast as it can loses half of it there.
 */
const BURST = 96;
const PER_MILLISECOND = 28;

/**
 * A UDP port on sockets that were made outside of Node, by the dozen datagrams per system call. Node's dgram takes a
 * system call, a request object and a turn of the event loop for each.
 */
export class NativePort implements DatagramPort {
  readonly #incoming: ReceiveBatch;
  readonly #outgoing: SendBatch;
  /** Answers that wait for their turn, from `#first` on. */
  #queue: { readonly datagram: Buffer; readonly to: Endpoint }[] = [];
  #first = 0;
  #credit = BURST;
  #credited = 0;
  #timer: NodeJS.Timeout | undefined;
  /** A closed descriptor's number may be somebody else's by now. */
  #isClosed = false;
  #stops: readonly (() => void)[] = [];

  /** @param own the descriptor bound to the server's address, which sends; `others` only receive. */
  constructor(
    private readonly libc: Libc,
    private readonly own: number,
    private readonly others: readonly number[],
    private readonly events: DatagramPortEvents,
  ) {
    this.#incoming = new ReceiveBatch(libc);
    this.#outgoing = new SendBatch(libc, own, (reason) =>
      events.sendFailed(new SocketFailure('sendmmsg', reason)),
    );
  }

  start(receive: ReceiveDatagram, batchEnds: () => void): void {
    const urgency = new Urgency(receive, batchEnds);
    const readable = (fd: number): void => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const count = this.#incoming.receive(fd);
        for (let index = 0; index < count; index += 1) {
          urgency.take(this.#incoming.packet(index), this.#incoming.sender(index));
        }
        if (!this.#incoming.isFull(count)) break;
      }
      urgency.endBatch();
    };
    const polls = [this.own, ...this.others].map((fd) => this.libc.poll(fd, () => readable(fd)));
    this.#stops = [...polls.map((poll) => () => poll.close()), () => urgency.stop()];
  }

  send(datagram: Buffer, to: Endpoint): void {
    if (this.#isClosed) return;
    if (this.#queue.length - this.#first >= MOST_QUEUED) {
      this.events.sendFailed(new SocketFailure('sendmmsg', 'the queue of answers is full'));
      return;
    }
    this.#queue.push({ datagram: Buffer.from(datagram), to });
  }

  flush(): void {
    if (this.#isClosed) return;
    const now = performance.now();
    this.#credit = Math.min(BURST, this.#credit + (now - this.#credited) * PER_MILLISECOND);
    this.#credited = now;
    this.#credit -= this.#sendQueued(Math.floor(this.#credit));
    if (this.#queue.length === 0 && !this.#outgoing.isWaiting) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.flush();
    }, 1);
  }

  pause(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  close(): Promise<void> {
    this.pause();
    clearTimeout(this.#timer);
    this.#sendQueued(Infinity);
    this.#isClosed = true;
    for (const fd of [this.own, ...this.others]) this.libc.close(fd);
    return Promise.resolve();
  }

  /** @returns how many left the queue. */
  #sendQueued(most: number): number {
    const begin = this.#first;
    let next = this.#queue[begin];
    for (; next !== undefined && this.#first - begin < most; next = this.#queue[this.#first]) {
      this.#outgoing.addPacket(next.to, next.datagram);
      this.#first += 1;
    }
    const sent = this.#first - begin;
    if (next === undefined || this.#first > MOST_QUEUED) {
      this.#queue = this.#queue.slice(this.#first);
      this.#first = 0;
    }
    this.#outgoing.flush();
    return sent;
  }
}
