import type { ReceiveDatagram } from './datagram-port.js';
import { OPTIONS_OFFSET } from './message.js';
import { messageTypes, options } from './options.js';
import type { Endpoint } from '../net/ipv4.js';

const WINDOW_MILLISECONDS = 10;
/** DISCOVERs that are answered in a window whatever happens: 6,400 in a second. */
const LEAST_DISCOVERS = 64;
/** How many more DISCOVERs may be answered than exchanges are being finished. */
const GROWTH = 1.25;
/** How many DISCOVERs may wait. Their clients ask again, with a longer and longer pause. */
const MOST_DEFERRED = 4_096;
const RETRY_MILLISECONDS = 2;

interface Deferred {
  readonly datagram: Buffer;
  readonly sender: Endpoint;
}

/**
 * The order of work under overload. A REQUEST ends an exchange that has been paid for already, so it is never held
 * back. DISCOVERs are, to about the rate at which exchanges come to their end: where offers are lost on the way, or
 * their clients cannot follow, more of them only make things worse. Of those that wait the youngest goes first, since
 * the client of an old one has given up. Up to 6,400 machines a second none of this is felt.
 */
export class Urgency {
  #deferred: Deferred[] = [];
  #timer: NodeJS.Timeout | undefined;
  #windowStart = 0;
  #discovers = 0;
  #requests = 0;
  #requestsBefore = 0;

  constructor(
    private readonly receive: ReceiveDatagram,
    private readonly batchEnds: () => void,
    /** Milliseconds that never go back. */
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** The bytes may be overwritten once this returns. */
  take(datagram: Buffer, sender: Endpoint): void {
    this.#moveWindow();
    const type = messageType(datagram);
    if (type === messageTypes.request) this.#requests += 1;
    if (type !== messageTypes.discover || (this.#deferred.length === 0 && this.#mayDiscover())) {
      this.receive(datagram, sender);
      return;
    }
    if (this.#deferred.length >= MOST_DEFERRED) this.#deferred = this.#deferred.slice(MOST_DEFERRED / 2);
    this.#deferred.push({ datagram: Buffer.from(datagram), sender });
  }

  /** To be called when the socket has been emptied. */
  endBatch(): void {
    this.#moveWindow();
    while (this.#deferred.length > 0 && this.#mayDiscover()) {
      const youngest = this.#deferred.pop();
      if (youngest !== undefined) this.receive(youngest.datagram, youngest.sender);
    }
    if (this.#deferred.length > 0) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.endBatch();
      }, RETRY_MILLISECONDS);
    }
    this.batchEnds();
  }

  /** Forgets what waits. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#deferred = [];
  }

  #moveWindow(): void {
    const now = this.clock();
    const elapsed = now - this.#windowStart;
    if (elapsed < WINDOW_MILLISECONDS) return;
    this.#requestsBefore = elapsed < 2 * WINDOW_MILLISECONDS ? this.#requests : 0;
    this.#requests = 0;
    this.#discovers = 0;
    this.#windowStart = now;
  }

  #mayDiscover(): boolean {
    const most = Math.max(LEAST_DISCOVERS, GROWTH * Math.max(this.#requests, this.#requestsBefore));
    if (this.#discovers >= most) return false;
    this.#discovers += 1;
    return true;
  }
}

/** Where the message type is the first option, as every client known puts it; else 0. */
function messageType(datagram: Buffer): number {
  return datagram[OPTIONS_OFFSET] === options.messageType.code ? (datagram[OPTIONS_OFFSET + 2] ?? 0) : 0;
}
