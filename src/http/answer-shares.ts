import { Tally, type Sharer, type Shares } from '../net/place-shares.js';

/** An answer that is under way. */
export interface HeldAnswer {
  readonly client: Sharer;
  /** What it may hold in memory. */
  readonly bytes: number;
  /** How many bytes its reader has taken so far. */
  taken(): number;
}

/** In bytes. */
export interface AnswerLimits extends Shares {
  /** In milliseconds: for how long a reader that takes next to nothing keeps its place when there is none for others. */
  readonly patience: number;
}

export interface AnswerEntry<A> {
  readonly isIn: boolean;
  /** Those that lose their place. */
  readonly ended: readonly A[];
  /** The bound that was met. */
  readonly reached?: 'http-answers' | 'http-answers-per-address';
}

/** A reader that takes so much within the patience is not slow. */
const LEAST_BYTES = 1 << 20;

interface Mark {
  readonly since: number;
  readonly taken: number;
}

/** What answers hold while their readers take them; who loses his when there is no room: strangers first, the slowest first. */
export class AnswerShares<A extends HeldAnswer> {
  readonly #held = new Tally();
  /** When each one was last seen to have taken enough; the earliest first. */
  readonly #strangers = new Map<A, Mark>();
  readonly #known = new Map<A, Mark>();

  get bytes(): number {
    return this.#held.total;
  }

  of({ address }: Sharer): number {
    return this.#held.of(address);
  }

  /** For one that can be refused. `now` is in milliseconds. */
  enter(answer: A, now: number, limits: AnswerLimits): AnswerEntry<A> {
    if (this.of(answer.client) + answer.bytes > limits.perAddress)
      return { isIn: false, ended: [], reached: 'http-answers-per-address' };
    const most = limits.inAll - answer.bytes;
    if (this.bytes <= most) {
      this.#take(answer, now);
      return { isIn: true, ended: [] };
    }
    const ended = this.#shrinkTo(most, now, limits.patience, answer.client.isKnown);
    const isIn = this.bytes <= most;
    if (isIn) this.#take(answer, now);
    return { isIn, ended, reached: 'http-answers' };
  }

  /** For one that has been written already; returns those that lose their place, which may be itself. */
  add(answer: A, now: number, { inAll, patience }: AnswerLimits): readonly A[] {
    this.#take(answer, now);
    return this.#shrinkTo(inAll, now, patience, true);
  }

  leave(answer: A): void {
    if (this.#likes(answer).delete(answer)) this.#held.add(answer.client.address, -answer.bytes);
  }

  #shrinkTo(most: number, now: number, patience: number, sparesNoStranger: boolean): A[] {
    const ended: A[] = [];
    while (this.bytes > most) {
      const victim =
        tooSlow(this.#strangers, now, patience) ??
        (sparesNoStranger ? first(this.#strangers) : undefined) ??
        tooSlow(this.#known, now, patience);
      if (!victim) break;
      this.leave(victim);
      ended.push(victim);
    }
    return ended;
  }

  #take(answer: A, now: number): void {
    this.#likes(answer).set(answer, { since: now, taken: answer.taken() });
    this.#held.add(answer.client.address, answer.bytes);
  }

  #likes({ client }: A): Map<A, Mark> {
    return client.isKnown ? this.#known : this.#strangers;
  }
}

/** The first whose reader has taken too little for so long; those that have taken enough since are marked anew. */
function tooSlow<A extends HeldAnswer>(answers: Map<A, Mark>, now: number, patience: number): A | undefined {
  for (const [answer, { since, taken }] of answers) {
    const takenNow = answer.taken();
    if (takenNow - taken < LEAST_BYTES) return now - since >= patience ? answer : undefined;
    answers.delete(answer);
    answers.set(answer, { since: now, taken: takenNow });
  }
  return undefined;
}

function first<A>(answers: ReadonlyMap<A, unknown>): A | undefined {
  return answers.keys().next().value;
}
