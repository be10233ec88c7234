import type { DatagramPort, DatagramPortEvents } from './datagram-port.js';
import { MessageVector } from './message-vector.js';
import type { NativeCalls } from './native-calls.js';
import type { Destination } from './reply-destination.js';
import { SocketFailure } from './socket-errors.js';
import { Urgency } from './urgency.js';

const BATCH = 64;
/** Ethernet's 1500 without the headers, and some more: what is longer is no DHCP of this network. */
const SLOT_BYTES = 2048;
/** How often a socket is read before answers go out and others have their turn. */
const ROUNDS = 4;

/**
 * A UDP port on sockets that were made outside of Node, by the hundred datagrams per system call. Node's dgram takes a
 * system call, a request object and a turn of the event loop for each.
 */
export class NativePort implements DatagramPort {
  readonly #incoming: MessageVector;
  readonly #outgoing: MessageVector;
  #queued = 0;
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
    this.#incoming = new MessageVector(calls.messageLayout, BATCH, SLOT_BYTES);
    this.#outgoing = new MessageVector(calls.messageLayout, BATCH, SLOT_BYTES);
  }

  start(receive: (datagram: Buffer) => void, batchEnds: () => void): void {
    const urgency = new Urgency(receive, batchEnds);
    const readable = (fd: number): void => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const count = this.calls.recvmmsg(fd, this.#incoming.headers, BATCH);
        for (let index = 0; index < count; index += 1) {
          urgency.take(this.#incoming.received(index));
          this.#incoming.prepareReceive(index);
        }
        if (count < BATCH) break;
      }
      urgency.endBatch();
    };
    const polls = [this.own, ...this.others].map((fd) => this.calls.onReadable(fd, () => readable(fd)));
    this.#stops = [...polls, () => urgency.stop()];
  }

  send(datagram: Buffer, to: Destination): void {
    if (this.#isClosed) return;
    if (this.#queued === BATCH) this.flush();
    if (this.#outgoing.prepareSend(this.#queued, datagram, to)) this.#queued += 1;
  }

  flush(): void {
    let sent = 0;
    while (sent < this.#queued) {
      const count = this.calls.sendmmsg(this.own, this.#outgoing.headersFrom(sent), this.#queued - sent);
      if (count < 0) this.events.sendFailed(new SocketFailure('sendmmsg', this.calls.errorName()));
      // One that cannot be sent (nobody has its address, say) must not hold up the rest.
      sent += Math.max(count, 1);
    }
    this.#queued = 0;
  }

  pause(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  close(): Promise<void> {
    this.pause();
    this.flush();
    this.#isClosed = true;
    for (const fd of [this.own, ...this.others]) this.calls.close(fd);
    return Promise.resolve();
  }
}
