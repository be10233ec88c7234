import { MAX_SENDS, MAX_SENDS_TO_KNOWN, RetransmissionTimer } from './retransmission.js';

/** How a transfer ended. */
export type Outcome =
  /** The last block was acknowledged. */
  | 'completed'
  /** The client ended it before it had any block: it only wanted to know the size, or liked no option. */
  | 'declined'
  /** The client ended it on the way. */
  | 'aborted'
  /** The client fell silent. */
  | 'timed-out';

/** What to send or do next. Blocks count from 1 and do not wrap here: only the wire has 16 bits. */
export type Step =
  | { readonly do: 'nothing' }
  | { readonly do: 'send-oack' }
  | { readonly do: 'send-blocks'; readonly first: number; readonly count: number }
  | { readonly do: 'finish'; readonly outcome: Outcome };

export interface TransferPlan {
  /** Octets of the file. */
  readonly size: number;
  readonly blockSize: number;
  readonly windowSize: number;
  /** Whether an OACK has to be acknowledged before the first block. */
  readonly hasOack: boolean;
  readonly timeoutSeconds?: number | undefined;
  /** The longest that a client is waited for between two sends before it has confirmed anything, whatever it asked for. */
  readonly unansweredSeconds?: number | undefined;
}

/**
 * However lively the client, one window is not sent more often than this without going forward: somebody who only
 * repeats the same ACK does not hold a transfer for ever.
 */
const MAX_SENDS_WITHOUT_PROGRESS = 40;

/**
 * Milliseconds before an OACK is sent again, twice in all, unless the client named a time of its own. Atftp ends a
 * transfer when it sees an OACK twice; so whoever lost a packet there has three turns of 5 seconds to repeat its own.
 */
const OACK_WAIT_MS = 16_000;
const MAX_OACK_SENDS = 2;

/**
 * Milliseconds; the same ACK that comes again sooner, in lock-step, was doubled on its way. No client repeats itself so soon: busybox, the
 * most impatient, takes 100.
 */
const REPEATED_AFTER_MS = 80;

/** Milliseconds of silence that are always waited for: atftp repeats itself every 5 seconds, curl every 6. */
const LEAST_SILENCE_MS = 15_000;

/**
 * After so many sends without a word from it, a client is left alone for longer than its own time. Atftp passes over blocks that
 * it has, and each of them starts its 5 seconds anew: as long as it is sent something, it never repeats the ACK that was lost.
 */
const SENDS_BEFORE_SILENCE = 3;
/** The same for a client that has confirmed something: curl, which answers whatever comes, is soon reached by sending more often. */
const SENDS_TO_KNOWN_BEFORE_SILENCE = 5;
const CLIENT_REPEATS_AFTER_MS = 5000;
const BEYOND_MS = 2000;

/** Milliseconds; a request that comes again sooner was doubled on its way, later it is a client that heard nothing. */
const ASKED_AGAIN_AFTER_MS = 200;

const NOTHING: Step = { do: 'nothing' };

/**
 * The server's side of reading one file (RFC 1350, 2347, 7440) as a state machine: events go in, with the time in
 * milliseconds on any clock that only goes forward, and what to do comes out. It knows neither sockets nor clocks.
 *
 * RFC 1350's lock-step is a window of one block. A repeated ACK never causes a second DATA there (RFC 1123 §4.2.3.1,
 * the Sorcerer's Apprentice); it only tells the timer that the client waits. Within larger windows it reports a gap (RFC 7440 §4) and is believed only when a round
 * trip has passed since the window was sent: earlier ones are echoes of an earlier fault.
 */
export class Transfer {
  readonly #lastBlock: number;
  readonly #windowSize: number;
  readonly #hadOack: boolean;
  readonly #timer: RetransmissionTimer;
  readonly #oackWaitMs: number;
  readonly #maxOackSends: number;
  readonly #clientSilenceMs: number;
  #stage: 'oack' | 'blocks' | 'over';
  #acknowledged = 0;
  #sent = 0;
  #sentAt = 0;
  #heardAt = 0;
  #sentAgain = false;
  #reachedBySendingAgain = false;
  #sendsWithoutAnswer = 0;
  #sendsWithoutProgress = 0;
  #isKnown = false;

  constructor(plan: TransferPlan) {
    this.#lastBlock = blockCount(plan.size, plan.blockSize);
    this.#windowSize = plan.windowSize;
    this.#hadOack = plan.hasOack;
    this.#stage = plan.hasOack ? 'oack' : 'blocks';
    this.#timer = new RetransmissionTimer(plan.timeoutSeconds);
    this.#clientSilenceMs = (plan.timeoutSeconds ?? CLIENT_REPEATS_AFTER_MS / 1000) * 1000 + BEYOND_MS;
    this.#maxOackSends = plan.timeoutSeconds === undefined ? MAX_OACK_SENDS : MAX_SENDS;
    const { timeoutSeconds: wish, unansweredSeconds: most = Number.POSITIVE_INFINITY } = plan;
    this.#oackWaitMs = wish === undefined ? OACK_WAIT_MS : Math.min(wish, most) * 1000;
  }

  /** When `timedOut` is due, unless something arrives earlier. */
  get deadline(): number {
    if (this.#stage === 'over') return Number.POSITIVE_INFINITY;
    const next = this.#sentAt + (this.#stage === 'oack' ? this.#oackWaitMs : this.#blocksWaitMs);
    return this.#isSilent ? Math.max(next, this.#heardAt + LEAST_SILENCE_MS) : next;
  }

  /** Milliseconds from the latest send of blocks. */
  get #blocksWaitMs(): number {
    const { waitMs } = this.#timer;
    const most = this.#isKnown ? SENDS_TO_KNOWN_BEFORE_SILENCE : SENDS_BEFORE_SILENCE;
    const mayBeDeaf = this.#sendsWithoutAnswer > most;
    return mayBeDeaf ? Math.max(waitMs, this.#clientSilenceMs) : waitMs;
  }

  /** Whether the client was sent as much as one that does not answer may be. */
  get #isSilent(): boolean {
    if (this.#stage === 'oack') return this.#sendsWithoutAnswer >= this.#maxOackSends;
    return this.#sendsWithoutAnswer >= (this.#isKnown ? MAX_SENDS_TO_KNOWN : MAX_SENDS);
  }

  /** The highest block the client has confirmed. */
  get acknowledgedBlocks(): number {
    return this.#acknowledged;
  }

  /** Whether the client has confirmed anything, if only the options. */
  get isAnswered(): boolean {
    return this.#isKnown;
  }

  start(now: number): Step {
    this.#heardAt = now;
    return this.#sendCurrent(now);
  }

  /** @param block as on the wire, 0 to 65535. */
  acknowledged(block: number, now: number): Step {
    if (this.#stage === 'over') return NOTHING;
    if (this.#stage === 'oack') return block === 0 ? this.#oackAcknowledged(now) : NOTHING;
    const ahead = (block - this.#acknowledged) & 0xffff;
    if (ahead > this.#sent - this.#acknowledged) return NOTHING; // of a block from long ago, or one never sent
    return ahead === 0 ? this.#repeated(now) : this.#advance(ahead, now);
  }

  /** The same request came once more: it counts only while the client has shown no sign of having heard us. */
  requestedAgain(now: number): Step {
    const isUnheard =
      this.#stage === 'oack' || (this.#stage === 'blocks' && this.#acknowledged === 0 && !this.#hadOack);
    if (!isUnheard || now - this.#sentAt < ASKED_AGAIN_AFTER_MS) return NOTHING;
    return this.#sendsWithoutAnswer >= MAX_SENDS ? NOTHING : this.#sendCurrent(now);
  }

  /** The client sent an ERROR: nothing is sent after one. */
  clientFailed(): Step {
    if (this.#stage === 'over') return NOTHING;
    return this.#finish(this.#acknowledged === 0 ? 'declined' : 'aborted');
  }

  /** Nothing is due before `deadline`: a timer that rings early is told so. */
  timedOut(now: number): Step {
    if (now < this.deadline) return NOTHING;
    if (this.#isSilent) return this.#finish('timed-out');
    if (this.#sendsWithoutProgress >= MAX_SENDS_WITHOUT_PROGRESS) return this.#finish('timed-out');
    this.#timer.expired();
    return this.#sendCurrent(now);
  }

  #oackAcknowledged(now: number): Step {
    this.#stage = 'blocks';
    return this.#movedOn(now);
  }

  #advance(blocks: number, now: number): Step {
    const wholeWindow = this.#acknowledged + blocks === this.#sent;
    this.#acknowledged += blocks;
    if (this.#acknowledged === this.#lastBlock) return this.#finish('completed');
    return this.#movedOn(now, wholeWindow);
  }

  #movedOn(now: number, wholeWindow = true): Step {
    if (wholeWindow && !this.#sentAgain) this.#timer.measured(now - this.#sentAt);
    this.#timer.progressed();
    this.#isKnown = true;
    this.#heardAt = now;
    this.#reachedBySendingAgain = this.#sentAgain;
    this.#sentAgain = false;
    this.#sendsWithoutAnswer = 0;
    this.#sendsWithoutProgress = 0;
    this.#sent = this.#acknowledged;
    return this.#sendCurrent(now);
  }

  /** The client is alive: it gets its full number of sends again, each at its time. */
  #repeated(now: number): Step {
    this.#heardAt = now;
    this.#sendsWithoutAnswer = Math.min(this.#sendsWithoutAnswer, 1);
    const roundTrip = this.#timer.roundTripMs ?? this.#timer.waitMs;
    const isEcho = now - this.#sentAt < Math.max(roundTrip, this.#windowSize === 1 ? REPEATED_AFTER_MS : 1);
    if (this.#reachedBySendingAgain) this.#timer.wasTooEager();
    else if (!isEcho) this.#timer.clientMissesData();
    this.#reachedBySendingAgain = false;
    if (isEcho || this.#windowSize === 1 || this.#sendsWithoutProgress >= MAX_SENDS_WITHOUT_PROGRESS)
      return NOTHING;
    return this.#sendCurrent(now);
  }

  #sendCurrent(now: number): Step {
    this.#sendsWithoutAnswer += 1;
    this.#sendsWithoutProgress += 1;
    this.#sentAgain = this.#sendsWithoutProgress > 1;
    this.#sentAt = now;
    if (this.#stage === 'oack') return { do: 'send-oack' };
    const first = this.#acknowledged + 1;
    const count = Math.min(this.#windowSize, this.#lastBlock - this.#acknowledged);
    this.#sent = this.#acknowledged + count;
    return { do: 'send-blocks', first, count };
  }

  #finish(outcome: Outcome): Step {
    this.#stage = 'over';
    return { do: 'finish', outcome };
  }
}

/** RFC 1350 §6: a block shorter than the others ends the file, so a file of full blocks ends with an empty one. */
export function blockCount(size: number, blockSize: number): number {
  return Math.floor(size / blockSize) + 1;
}
