import { FileWindow, type BlockRun } from './file-window.js';
import type { Agreement } from './negotiation.js';
import { encodePacket } from './packet.js';
import type { TftpFile } from './source.js';
import { Transfer, type Outcome, type Step } from './transfer.js';

/** The way to one client. Sending may lose packets and never throws. */
export interface Wire {
  /** @param packet stays as it is from now on. */
  sendPacket(packet: Uint8Array): void;
  sendBlocks(run: BlockRun): void;
  close(): void;
}

/** How a session ended: as the protocol has it, because the file failed, the server stopped, or its place was needed. */
export type SessionOutcome = Outcome | 'failed' | 'stopped' | 'evicted';

export interface SessionEnd {
  readonly outcome: SessionOutcome;
  /** Octets the client has confirmed. */
  readonly bytes: number;
  /** Only for `failed`. */
  readonly error: Error | undefined;
}

/** One running transfer: its state machine, its file and its wire. Times are milliseconds of one monotonic clock. */
export class Session {
  readonly #transfer: Transfer;
  readonly #window: FileWindow;
  readonly #oack: Uint8Array;
  readonly #blockSize: number;
  #lastHeardAt: number;
  #over = false;

  constructor(
    private readonly file: TftpFile,
    agreement: Agreement,
    private readonly wire: Wire,
    private readonly onEnd: (end: SessionEnd) => void,
    now: number,
  ) {
    const { blockSize, windowSize, timeoutSeconds, unansweredSeconds, acknowledged } = agreement;
    this.#blockSize = blockSize;
    this.#window = new FileWindow(file, blockSize, windowSize);
    this.#oack = encodePacket({ kind: 'oack', options: acknowledged });
    const hasOack = acknowledged.size > 0;
    this.#transfer = new Transfer({
      size: file.size,
      blockSize,
      windowSize,
      hasOack,
      timeoutSeconds,
      unansweredSeconds,
    });
    this.#lastHeardAt = now;
  }

  /** Whether the client has confirmed any block yet. */
  get hasProgressed(): boolean {
    return this.#transfer.acknowledgedBlocks > 0;
  }

  /** Whether the client has confirmed anything, if only the options. */
  get isAnswered(): boolean {
    return this.#transfer.isAnswered;
  }

  /** Octets of the file. */
  get confirmedBytes(): number {
    return Math.min(this.#transfer.acknowledgedBlocks * this.#blockSize, this.file.size);
  }

  get lastHeardAt(): number {
    return this.#lastHeardAt;
  }

  start(now: number): void {
    this.#perform(this.#transfer.start(now));
  }

  /** @param block as on the wire. */
  acknowledged(block: number, now: number): void {
    this.#lastHeardAt = now;
    this.#perform(this.#transfer.acknowledged(block, now));
  }

  /** The client sent its request again. */
  requestedAgain(now: number): void {
    this.#perform(this.#transfer.requestedAgain(now));
  }

  /** The client sent an ERROR. */
  clientFailed(): void {
    this.#perform(this.#transfer.clientFailed());
  }

  /** To be called now and then: sends again what is due. */
  tick(now: number): void {
    if (now >= this.#transfer.deadline) this.#perform(this.#transfer.timedOut(now));
  }

  /** Ends the transfer from this side; the client is told. */
  stop(outcome: 'failed' | 'stopped', message: string, error?: Error): void {
    if (this.#over) return;
    this.wire.sendPacket(encodePacket({ kind: 'error', code: 0, message }));
    this.#finish(outcome, error);
  }

  /**
   * The client has asked for something else from the same port. It is told nothing: it takes the first packet that
   * comes, an ERROR too, for the answer to its new request.
   */
  abandon(): void {
    this.#finish('stopped');
  }

  /** Another one needs the place. The client is told nothing: it asks again, where an ERROR would end its boot. */
  evict(): void {
    this.#finish('evicted');
  }

  #perform(step: Step): void {
    switch (step.do) {
      case 'nothing':
        return;
      case 'send-oack':
        this.wire.sendPacket(this.#oack);
        return;
      case 'send-blocks':
        this.#sendBlocks(step.first, step.count);
        return;
      case 'finish':
        this.#finish(step.outcome);
    }
  }

  #sendBlocks(first: number, count: number): void {
    let run: BlockRun;
    try {
      run = this.#window.blocks(first, count);
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error));
      this.stop('failed', 'the file cannot be read any more', reason);
      return;
    }
    this.wire.sendBlocks(run);
  }

  #finish(outcome: SessionOutcome, error?: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.wire.close();
    this.onEnd({ outcome, bytes: this.confirmedBytes, error });
  }
}
