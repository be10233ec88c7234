import { OPTIONS_OFFSET } from './message.js';
import { messageTypes } from './message-types.js';
import { options } from './options.js';

/** How many DISCOVERs may wait. Their clients ask again, with a longer and longer pause. */
const MOST_DEFERRED = 4_096;
/** How many of them are answered before the socket is looked at again. */
const AT_ONCE = 128;

/**
 * The order of work under overload. A REQUEST ends an exchange that has been paid for already, so it goes first; of the
 * DISCOVERs the youngest goes first, since the client of an old one has given up waiting. While there is no overload
 * everything is taken as it comes.
 */
export class Urgency {
  #deferred: Buffer[] = [];
  #oldest = 0;
  #scheduled: NodeJS.Immediate | undefined;

  constructor(
    private readonly receive: (datagram: Buffer) => void,
    private readonly batchEnds: () => void,
  ) {}

  /** @param isCrowded whether more datagrams are likely to wait in the socket. */
  take(datagram: Buffer, isCrowded: boolean): void {
    const mayWait = (isCrowded || this.#deferred.length > this.#oldest) && isDiscover(datagram);
    if (!mayWait) {
      this.receive(datagram);
      return;
    }
    this.#deferred.push(Buffer.from(datagram));
    if (this.#deferred.length - this.#oldest > MOST_DEFERRED) this.#oldest += 1;
    if (this.#oldest > MOST_DEFERRED) {
      this.#deferred = this.#deferred.slice(this.#oldest);
      this.#oldest = 0;
    }
  }

  /** To be called when the socket has been emptied. */
  takeDeferred(): void {
    for (let count = 0; count < AT_ONCE && this.#deferred.length > this.#oldest; count += 1) {
      const youngest = this.#deferred.pop();
      if (youngest !== undefined) this.receive(youngest);
    }
    if (this.#deferred.length > this.#oldest) {
      this.#goOnLater();
    } else {
      this.#deferred = [];
      this.#oldest = 0;
    }
    this.batchEnds();
  }

  /** Forgets what waits. */
  stop(): void {
    if (this.#scheduled !== undefined) clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    this.#deferred = [];
    this.#oldest = 0;
  }

  #goOnLater(): void {
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined;
      this.takeDeferred();
    });
  }
}

/** Where the first option is the message type, as every client known puts it. */
function isDiscover(datagram: Buffer): boolean {
  return (
    datagram[OPTIONS_OFFSET] === options.messageType.code &&
    datagram[OPTIONS_OFFSET + 2] === messageTypes.discover
  );
}
