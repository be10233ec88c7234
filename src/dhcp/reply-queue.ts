/** So many at a time: the buffer of a relay or of a test client holds no more, and requests want their turn too. */
const AT_ONCE = 32;

/** Replies that wait until the lease they promise survives a power cut. In order, so that none is searched for. */
export class ReplyQueue<T> {
  #waiting: { readonly sequence: number; readonly reply: T }[] = [];
  #first = 0;
  #durable = 0;
  #scheduled: NodeJS.Immediate | undefined;

  constructor(
    private readonly limit: number,
    private readonly send: (reply: T) => void,
    /** Called when some have been sent. */
    private readonly batchEnds: () => void,
  ) {}

  /** @returns false where so many wait already that this one is dropped: its client asks again. */
  hold(sequence: number, reply: T): boolean {
    if (this.#waiting.length - this.#first >= this.limit) return false;
    this.#waiting.push({ sequence, reply });
    return true;
  }

  /** Sends all that waited for this sequence number or an earlier one, the first of them at once. */
  release(sequence: number): void {
    this.#durable = sequence;
    if (this.#scheduled === undefined) this.#sendSome(AT_ONCE);
  }

  /** Forgets all that have not been released. */
  drop(): void {
    this.#waiting = this.#waiting.slice(this.#first).filter(({ sequence }) => sequence <= this.#durable);
    this.#first = 0;
  }

  /** Sends at once whatever has been released. */
  drain(): void {
    if (this.#scheduled !== undefined) clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    this.#sendSome(Infinity);
  }

  #sendSome(most: number): void {
    let next = this.#waiting[this.#first];
    for (let count = 0; count < most && next !== undefined && next.sequence <= this.#durable; count += 1) {
      this.#first += 1;
      this.send(next.reply);
      next = this.#waiting[this.#first];
    }
    this.batchEnds();
    if (next === undefined) {
      this.#waiting = [];
      this.#first = 0;
    } else if (this.#first > this.limit) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
    if (next !== undefined && next.sequence <= this.#durable) {
      this.#scheduled = setImmediate(() => {
        this.#scheduled = undefined;
        this.#sendSome(most);
      });
    }
  }
}
