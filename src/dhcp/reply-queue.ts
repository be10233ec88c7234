/** Replies that wait until the lease they promise survives a power cut. In order, so that none is searched for. */
export class ReplyQueue<T> {
  #waiting: { readonly sequence: number; readonly reply: T }[] = [];
  #first = 0;

  constructor(
    private readonly limit: number,
    private readonly send: (reply: T) => void,
  ) {}

  /** @returns false where so many wait already that this one is dropped: its client asks again. */
  hold(sequence: number, reply: T): boolean {
    if (this.#waiting.length - this.#first >= this.limit) return false;
    this.#waiting.push({ sequence, reply });
    return true;
  }

  /** Sends all that waited for this sequence number or an earlier one. */
  release(sequence: number): void {
    for (;;) {
      const next = this.#waiting[this.#first];
      if (next === undefined || next.sequence > sequence) break;
      this.#first += 1;
      this.send(next.reply);
    }
    if (this.#first === this.#waiting.length) this.#waiting = [];
    else this.#waiting = this.#waiting.slice(this.#first);
    this.#first = 0;
  }
}
