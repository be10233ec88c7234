import { PassThrough } from 'node:stream';
import type { Event } from '../api/events.js';
import { ImagoError } from '../errors.js';
import type { EventFeed } from './event-feed.js';

const MOST_STREAMS = 200;
/** So that nobody on the way takes the connection for dead. */
const HEARTBEAT_MS = 15_000;
/** A watcher that is so far behind does not read any more. */
const MOST_WAITING_BYTES = 1 << 20;

export class TooManyWatchers extends ImagoError {
  readonly code = 'TOO_MANY_WATCHERS';

  constructor() {
    super(`${MOST_STREAMS} programs watch already: end some, or ask again without a stream`, {
      most: MOST_STREAMS,
    });
  }
}

/** The feed as server-sent events (WHATWG HTML §9.2). */
export class EventStreams {
  readonly #streams = new Set<PassThrough>();

  constructor(private readonly feed: EventFeed) {}

  /** @throws TooManyWatchers */
  open(lastId: string | undefined, fits: (event: Event) => boolean): PassThrough {
    if (this.#streams.size >= MOST_STREAMS) throw new TooManyWatchers();
    const stream = new PassThrough();
    const send = (text: string) => {
      if (stream.writableLength > MOST_WAITING_BYTES) stream.destroy();
      else stream.write(text);
    };
    const show = (event: Event) => {
      if (fits(event)) send(`id: ${event.id}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
    };
    send(': imago\n\n');
    if (lastId !== undefined) this.feed.since(lastId).forEach(show);
    const leave = this.feed.watch(show);
    const heartbeat = setInterval(() => send(':\n\n'), HEARTBEAT_MS);
    this.#streams.add(stream);
    stream.once('close', () => {
      clearInterval(heartbeat);
      leave();
      this.#streams.delete(stream);
    });
    return stream;
  }

  /** Ends them all. */
  close(): void {
    for (const stream of this.#streams) stream.end();
  }
}
