import { PassThrough } from 'node:stream';
import type { Event } from '../api/events.js';
import { ImagoError } from '../errors.js';
import type { EventFeed } from './event-feed.js';

const MOST_STREAMS = 200;
/** So that nobody on the way takes the connection for dead. */
const HEARTBEAT_MS = 15_000;
/** A watcher that is so far behind does not read any more. */
const MOST_WAITING_BYTES = 1 << 20;
const MOST_WAITING_EVENTS = 10_000;

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
    const show = (event: Event) => {
      if (fits(event)) send(stream, textOf(event));
    };
    send(stream, ': imago\n\n');
    if (lastId === undefined) stream.once('close', this.feed.watch(show));
    else void this.#tellSince(lastId, fits, stream).catch(() => stream.destroy());
    const heartbeat = setInterval(() => send(stream, ':\n\n'), HEARTBEAT_MS);
    this.#streams.add(stream);
    stream.once('close', () => {
      clearInterval(heartbeat);
      this.#streams.delete(stream);
    });
    return stream;
  }

  /** First what was missed, as fast as the watcher reads; what happens meanwhile waits for its turn. */
  async #tellSince(lastId: string, fits: (event: Event) => boolean, stream: PassThrough): Promise<void> {
    const waiting: Event[] = [];
    let isTold = false;
    const { past, leave } = await this.feed.resume(lastId, (event) => {
      if (!fits(event)) return;
      if (isTold) send(stream, textOf(event));
      else if (waiting.push(event) > MOST_WAITING_EVENTS) stream.destroy();
    });
    if (stream.destroyed) leave();
    else stream.once('close', leave);
    for (const event of past) if (fits(event)) await sendSlowly(stream, textOf(event));
    for (let event = waiting.shift(); event; event = waiting.shift()) await sendSlowly(stream, textOf(event));
    isTold = true;
  }

  /** Ends them all. */
  close(): void {
    for (const stream of this.#streams) stream.end();
  }
}

function textOf(event: Event): string {
  return `id: ${event.id}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`;
}

function isOver(stream: PassThrough): boolean {
  return stream.destroyed || stream.writableEnded;
}

/** Never waits: a watcher that does not read is let go, and may come back with the last id that it read. */
function send(stream: PassThrough, text: string): void {
  if (isOver(stream)) return;
  if (stream.writableLength > MOST_WAITING_BYTES) stream.destroy();
  else stream.write(text);
}

async function sendSlowly(stream: PassThrough, text: string): Promise<void> {
  if (isOver(stream) || stream.write(text)) return;
  await new Promise<void>((resolve) => {
    const goOn = () => {
      stream.off('drain', goOn).off('close', goOn);
      resolve();
    };
    stream.on('drain', goOn).on('close', goOn);
  });
}
