import type { FuzzTarget } from './target.js';

const LONGEST_NOISE = 700;
const MOST_CHANGES = 8;

/** Cases without end out of a corpus; the same seed makes the same ones. */
export class Mutator {
  readonly #corpus: readonly Buffer[];
  #state: number;

  constructor(
    private readonly target: Pick<FuzzTarget, 'corpus' | 'words' | 'body'>,
    seed: number,
  ) {
    this.#corpus = target.corpus();
    this.#state = seed | 0 || 1;
  }

  next(): Buffer {
    if (this.#below(10) === 0) return this.#noise(this.#below(LONGEST_NOISE));
    let bytes = this.#corpus[this.#below(this.#corpus.length)] ?? Buffer.alloc(0);
    for (let changes = 1 + this.#below(MOST_CHANGES); changes > 0; changes -= 1) bytes = this.#changed(bytes);
    return bytes;
  }

  #changed(original: Buffer): Buffer {
    const at = this.#somewhere(original);
    switch (this.#below(8)) {
      case 0: {
        const bytes = Buffer.from(original);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << this.#below(8));
        return bytes;
      }
      case 1:
        return original.subarray(0, at);
      case 2: {
        const word = this.target.words[this.#below(this.target.words.length)] ?? new Uint8Array();
        return Buffer.concat([original.subarray(0, at), word, original.subarray(at)]);
      }
      case 3: {
        const again = original.subarray(at, at + this.#below(40));
        return Buffer.concat([original.subarray(0, at), again, original.subarray(at)]);
      }
      default: {
        const bytes = Buffer.from(original);
        bytes[at] = this.#below(256);
        return bytes;
      }
    }
  }

  /** Mostly behind the header. */
  #somewhere(bytes: Buffer): number {
    const { body } = this.target;
    return this.#below(3) === 0 || bytes.length <= body
      ? this.#below(Math.max(bytes.length, 1))
      : body + this.#below(bytes.length - body);
  }

  #noise(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; at += 1) bytes[at] = this.#below(256);
    return bytes;
  }

  /** A whole number below `limit` (Marsaglia's xorshift). */
  #below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }
}
