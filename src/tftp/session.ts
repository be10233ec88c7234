import { BlockReader } from './block-reader.js';
import type { Agreement } from './negotiation.js';
import { encodePacket, OPCODE } from './packet.js';
import type { TftpFile } from './source.js';
import { Transfer, type Outcome, type Step } from './transfer.js';

/** The way to one client. Sending may lose packets and never throws. */
export interface Wire {
  send(parts: readonly Uint8Array[]): void;
  close(): void;
}

/** How a session ended: as the protocol has it, or because the file failed, or the server stopped. */
export type SessionOutcome = Outcome | 'failed' | 'stopped';

export interface SessionEnd {
  readonly outcome: SessionOutcome;
  /** Octets the client has confirmed. */
  readonly bytes: number;
  /** Only for `failed`. */
  readonly error: Error | undefined;
}

/** One running transfer: its state machine, its file and its wire. */
export class Session {
  readonly #transfer: Transfer;
  readonly #blocks: BlockReader;
  readonly #oack: Uint8Array;
  readonly #blockSize: number;
  #waitingForDisk: Step | undefined;
  #over = false;

  constructor(
    private readonly file: TftpFile,
    agreement: Agreement,
    private readonly wire: Wire,
    private readonly onEnd: (end: SessionEnd) => void,
  ) {
    const { blockSize, windowSize, timeoutSeconds, acknowledged } = agreement;
    this.#blockSize = blockSize;
    this.#blocks = new BlockReader(file, blockSize, windowSize);
    this.#oack = encodePacket({ kind: 'oack', options: acknowledged });
    const hasOack = acknowledged.size > 0;
    this.#transfer = new Transfer({ size: file.size, blockSize, windowSize, hasOack, timeoutSeconds });
  }

  /** Whether the client has confirmed anything yet. */
  get hasProgressed(): boolean {
    return this.#transfer.acknowledgedBlocks > 0;
  }

  start(now: number): void {
    this.#perform(this.#transfer.start(now));
  }

  /** A packet from the client. What does not belong into a transfer is passed over. */
  receive(packet: Uint8Array, now: number): void {
    const [high, low, blockHigh, blockLow] = packet;
    if (high !== 0 || blockHigh === undefined || blockLow === undefined) return;
    if (low === OPCODE.ack) this.#perform(this.#transfer.acknowledged(blockHigh * 256 + blockLow, now));
    else if (low === OPCODE.error) this.#perform(this.#transfer.clientFailed());
  }

  /** To be called now and then: sends again what is due. */
  tick(now: number): void {
    if (now < this.#transfer.deadline || this.#waitingForDisk) return;
    this.#perform(this.#transfer.timedOut(now));
  }

  /** Ends the transfer from this side; the client is told. */
  stop(outcome: 'failed' | 'stopped', message: string, error?: Error): void {
    if (this.#over) return;
    this.wire.send([encodePacket({ kind: 'error', code: 0, message })]);
    this.#finish(outcome, error);
  }

  #perform(step: Step): void {
    if (this.#over) return;
    switch (step.do) {
      case 'nothing':
        return;
      case 'send-oack':
        this.wire.send([this.#oack]);
        return;
      case 'send-blocks':
        this.#sendBlocks(step);
        return;
      case 'finish':
        this.#finish(step.outcome);
    }
  }

  #sendBlocks(step: Step & { do: 'send-blocks' }): void {
    this.#waitingForDisk = undefined;
    for (let number = step.first; number < step.first + step.count; number += 1) {
      const block = this.#blocks.block(number);
      if (!block) {
        const rest = { ...step, first: number, count: step.first + step.count - number };
        this.#sendOnceRead(rest).catch((error: Error) => {
          this.stop('failed', 'the file cannot be read any more', error);
        });
        return;
      }
      this.wire.send([dataHeader(number), block]);
    }
    this.#blocks.readAhead(step.first, step.count);
  }

  async #sendOnceRead(step: Step & { do: 'send-blocks' }): Promise<void> {
    this.#waitingForDisk = step;
    await this.#blocks.prepare(step.first, step.count);
    if (this.#waitingForDisk === step && !this.#over) this.#sendBlocks(step);
  }

  #finish(outcome: SessionOutcome, error?: Error): void {
    this.#over = true;
    const bytes = Math.min(this.#transfer.acknowledgedBlocks * this.#blockSize, this.file.size);
    this.wire.close();
    this.onEnd({ outcome, bytes, error });
  }
}

function dataHeader(block: number): Uint8Array {
  const header = Buffer.allocUnsafe(4);
  header.writeUInt16BE(OPCODE.data, 0);
  header.writeUInt16BE(block & 0xffff, 2);
  return header;
}
