import type { DatagramPort, DatagramPortEvents, ReceiveDatagram } from './datagram-port.js';
import { MessageVector } from './message-vector.js';
import type { NativeCalls } from './native-calls.js';
import type { Endpoint } from './reply-destination.js';
import { SocketFailure } from './socket-errors.js';
import { Urgency } from './urgency.js';

/** Ethernet's 1500 without the headers, and some more: what is longer is no DHCP of this network. */
const SLOT_BYTES = 2048;
const RECEIVE_BATCH = 64;
/** How often a socket is read before answers go out and others have their turn. */
const ROUNDS = 4;
const SEND_QUEUE = 1024;
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
  readonly #incoming: MessageVector;
  /** A ring: `#queued` datagrams from slot `#first` on. */
  readonly #outgoing: MessageVector;
  #first = 0;
  #queued = 0;
  #credit = BURST;
  #credited = 0;
  #timer: NodeJS.Timeout | undefined;
  /** A closed descriptor's number may be somebody else's by now. */
  #isClosed = false;
  #stops: readonly (() => void)[] = [];

  /** @param own the descriptor bound to the server's address, which sends; `others` only receive. */
  constructor(
    private readonly calls: NativeCalls,
    private readonly own: number,
    private readonly others: readonly number[],
    private readonly events: DatagramPortEvents,
  ) {
    this.#incoming = new MessageVector(calls.messageLayout, RECEIVE_BATCH, SLOT_BYTES);
    this.#outgoing = new MessageVector(calls.messageLayout, SEND_QUEUE, SLOT_BYTES);
  }

  start(receive: ReceiveDatagram, batchEnds: () => void): void {
    const urgency = new Urgency(receive, batchEnds);
    const readable = (fd: number): void => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const count = this.calls.recvmmsg(fd, this.#incoming.headers, RECEIVE_BATCH);
        for (let index = 0; index < count; index += 1) {
          urgency.take(this.#incoming.received(index), this.#incoming.sender(index));
          this.#incoming.prepareReceive(index);
        }
        if (count < RECEIVE_BATCH) break;
      }
      urgency.endBatch();
    };
    const polls = [this.own, ...this.others].map((fd) => this.calls.onReadable(fd, () => readable(fd)));
    this.#stops = [...polls, () => urgency.stop()];
  }

  send(datagram: Buffer, to: Endpoint): void {
    if (this.#isClosed) return;
    if (this.#queued === SEND_QUEUE) {
      this.events.sendFailed(new SocketFailure('sendmmsg', 'the queue of answers is full'));
      return;
    }
    if (this.#outgoing.prepareSend((this.#first + this.#queued) % SEND_QUEUE, datagram, to))
      this.#queued += 1;
  }

  flush(): void {
    const now = performance.now();
    this.#credit = Math.min(BURST, this.#credit + (now - this.#credited) * PER_MILLISECOND);
    this.#credited = now;
    const most = Math.min(this.#queued, Math.floor(this.#credit));
    this.#sendQueued(most);
    this.#credit -= most;
    if (this.#queued === 0 || this.#isClosed) return;
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
    this.#sendQueued(this.#queued);
    this.#isClosed = true;
    for (const fd of [this.own, ...this.others]) this.calls.close(fd);
    return Promise.resolve();
  }

  #sendQueued(most: number): void {
    let left = most;
    while (left > 0) {
      const inRow = Math.min(left, SEND_QUEUE - this.#first);
      const count = this.calls.sendmmsg(this.own, this.#outgoing.headersFrom(this.#first), inRow);
      if (count < 0) this.events.sendFailed(new SocketFailure('sendmmsg', this.calls.errorName()));
      // One that cannot be sent (nobody has its address, say) must not hold up the rest.
      const done = Math.max(count, 1);
      this.#first = (this.#first + done) % SEND_QUEUE;
      this.#queued -= done;
      left -= done;
    }
  }
}
