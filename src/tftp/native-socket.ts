import type { ReceiveBatch } from '../net/linux/datagrams.js';
import type { Libc, PollHandle } from '../net/linux/libc.js';
import { boundPort, openUdpSocket, readableWithin } from '../net/linux/sockets.js';
import { BlockBatch, type DataHeaders } from './block-batch.js';
import type { Peer } from './transport.js';

/** Milliseconds of one socket's work before the rest of the process has its turn. */
const TURN_MS = 2;

/**
 * Milliseconds to look again and again for the next packet: a processor with nothing to do takes tens of microseconds to
 * wake, which would come on top of each answer to a client in lock-step.
 */
const LOOK_MS = 0.04;

/**
 * Nanoseconds to sleep for the next packet here instead of in Node's event loop, which takes longer to go to sleep and to
 * wake: for when the client needs the processor that looking again would keep.
 */
const WAIT_NS = 50_000;

/** A UDP socket that takes and sends many datagrams with one call. */
export class NativeSocket {
  readonly port: number;
  readonly outgoing: BlockBatch;
  readonly #fd: number;
  readonly #poll: PollHandle;
  readonly #sleepsUntilReadable: () => boolean;
  readonly #lookingAgain = new WaitingHabit();
  readonly #sleeping = new WaitingHabit();
  #switches = 0;
  #watchesWritable = false;
  #open = true;

  /** @throws SocketFailure */
  constructor(
    private readonly libc: Libc,
    local: Peer,
    private readonly incoming: ReceiveBatch,
    headers: DataHeaders,
    /** For each datagram that is in `incoming` now. */
    private readonly received: (index: number) => void,
    onFault: (reason: string) => void,
    /** Before anything is received. */
    before: () => void = () => undefined,
  ) {
    this.#fd = openUdpSocket(libc, { local, mayBeCut: true });
    this.#sleepsUntilReadable = readableWithin(libc, this.#fd, WAIT_NS);
    try {
      this.port = boundPort(libc, this.#fd);
      this.outgoing = new BlockBatch(libc, this.#fd, headers, onFault);
      this.#poll = libc.poll(this.#fd, () => {
        before();
        this.work();
      });
    } catch (error) {
      libc.close(this.#fd);
      throw error;
    }
  }

  /** Sends what is queued, and watches for room where not all could be sent. */
  flush(): void {
    if (!this.#open) return;
    this.outgoing.flush();
    if (this.outgoing.isWaiting === this.#watchesWritable) return;
    this.#watchesWritable = this.outgoing.isWaiting;
    this.#poll.watchWritable(this.#watchesWritable);
  }

  close(): void {
    if (!this.#open) return;
    this.outgoing.flush();
    this.#open = false;
    this.#poll.close();
    this.libc.close(this.#fd);
  }

  /** Answers what has come, for a while. */
  work(): void {
    const until = performance.now() + TURN_MS;
    let count = this.incoming.receive(this.#fd);
    while (count > 0 && this.#open) {
      for (let index = 0; index < count; index += 1) this.received(index);
      this.flush();
      if (!this.#open) return;
      if (performance.now() > until) {
        this.#giveWay();
        return;
      }
      count = this.#receiveNext(count);
    }
  }

  /** Where others wait for a processor, none is kept by looking again. */
  #giveWay(): void {
    const { involuntaryContextSwitches } = process.resourceUsage();
    if (involuntaryContextSwitches !== this.#switches) this.#lookingAgain.pause();
    this.#switches = involuntaryContextSwitches;
  }

  /**
   * What has come since. A single client is waited for, for moments; of many clients more will have come by the next turn
   * of the event loop, and a large batch is cheaper than two small ones.
   */
  #receiveNext(lastCount: number): number {
    if (lastCount > 1) return this.incoming.receive(this.#fd);
    let count = 0;
    if (this.#lookingAgain.mayWait()) {
      const until = performance.now() + LOOK_MS;
      while (count === 0 && performance.now() < until) count = this.incoming.receive(this.#fd);
      this.#lookingAgain.waited(count > 0);
      if (count > 0) return count;
    }
    if (!this.#sleeping.mayWait()) return 0;
    const isReady = this.#sleepsUntilReadable();
    this.#sleeping.waited(isReady);
    return isReady ? this.incoming.receive(this.#fd) : 0;
  }
}

/** Turns without waiting after waiting was in vain, at most. */
const LONGEST_PAUSE = 256;

/** Learns whether looking again at once pays: where it is in vain, it is tried less and less often. */
export class WaitingHabit {
  #pause = 0;
  #skipped = 0;

  mayWait(): boolean {
    if (this.#skipped >= this.#pause) return true;
    this.#skipped += 1;
    return false;
  }

  waited(hadSuccess: boolean): void {
    this.#skipped = 0;
    this.#pause = hadSuccess ? 0 : Math.min(Math.max(1, this.#pause * 2), LONGEST_PAUSE);
  }

  /** Not for a long while, for a reason of its own. */
  pause(): void {
    this.#skipped = 0;
    this.#pause = LONGEST_PAUSE;
  }
}
