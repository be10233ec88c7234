import { constants } from 'node:os';
import type { RoomWatch, SendfileCalls } from './sendfile.js';

const { EAGAIN, EINTR, EINVAL, ENOSYS } = constants.errno;

/** Of one call, so that others have their turn. */
const MOST_BYTES = 2 << 20;

/** In which threads count what they have sent: more of them fit into 32 bits than a file has. */
export const COUNTED_BYTES = 4096;

/** What is to be sent. Whoever else has the socket writes nothing to it meanwhile. */
export interface SentPart {
  /** Descriptors that stay open until it is over. */
  readonly socket: number;
  readonly file: number;
  /** In bytes. */
  readonly start: number;
  readonly length: number;
}

/**
 * How it ended. short: the file ends before the part does. cut: it was cancelled, or the connection is gone. unfit: nothing was sent,
 * since the system does not send such files so.
 */
export type SentOutcome = 'sent' | 'short' | 'cut' | 'unfit';

/** Sends a part of a file over a socket, and its bytes never come by this process: sendfile(2). Closes the socket's descriptor in the end. */
export class FileSending {
  #sent = 0;
  #room: RoomWatch | undefined;
  #isOver = false;

  /** @param told How much has been sent so far, in bytes. */
  constructor(
    private readonly libc: SendfileCalls,
    private readonly part: SentPart,
    private readonly told: (sent: number) => void,
    private readonly over: (outcome: SentOutcome) => void,
  ) {
    libc.cork(part.socket, true);
    this.#sendOn();
  }

  cancel(): void {
    this.#finish('cut');
  }

  #sendOn(): void {
    if (this.#isOver) return;
    const { socket, file, start, length } = this.part;
    const count = Math.min(length - this.#sent, MOST_BYTES);
    const { sent, errno } = this.libc.send(socket, file, start + this.#sent, count);
    if (sent > 0) {
      this.#sent += sent;
      this.told(this.#sent);
    }
    if (this.#sent >= length) this.#finish('sent');
    else if (sent === count || errno === EINTR) this.libc.later(() => this.#sendOn());
    else if (sent > 0 || errno === EAGAIN) this.#waitForRoom();
    else if (sent === 0) this.#finish('short');
    else this.#finish(this.#sent === 0 && (errno === EINVAL || errno === ENOSYS) ? 'unfit' : 'cut');
  }

  #waitForRoom(): void {
    this.#room ??= this.libc.room(this.part.socket, () => this.#sendOn());
    this.#room.wait();
  }

  #finish(outcome: SentOutcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#room?.close();
    this.libc.cork(this.part.socket, false);
    this.libc.close(this.part.socket);
    this.over(outcome);
  }
}
