import { PassThrough } from 'node:stream';
import type { Event } from '../api/events.js';
import type { EventFeed } from './event-feed.js';
import type { ReplayTurns } from './replay-turns.js';

/** So that nobody on the way takes the connection for dead. */
const HEARTBEAT_MS = 15_000;
/** A watcher that is so far behind does not read any more. */
const MOST_WAITING_BYTES = 1 << 20;
const MOST_WAITING_EVENTS = 10_000;

/** The feed as server-sent events (WHATWG HTML §9.2). */
export class EventStreams {
  readonly #streams = new Set<PassThrough>();

  constructor(
    private readonly feed: EventFeed,
    private readonly turns: ReplayTurns,
  ) {}

  /**
   * Resolves once it is known that what was missed can be told.
   * @throws ChangesTooOld
   */
  async open(
    lastId: string | undefined,
    fits: (event: Event) => boolean,
    gone: AbortSignal,
  ): Promise<PassThrough> {
    const stream = new PassThrough();
    send(stream, ': imago\n\n');
    const heartbeat = setInterval(() => send(stream, ':\n\n'), HEARTBEAT_MS);
    this.#streams.add(stream);
    stream.once('close', () => {
      clearInterval(heartbeat);
      this.#streams.delete(stream);
    });
    gone.addEventListener('abort', () => stream.destroy(), { once: true });
    if (lastId === undefined) {
      const show = (event: Event) => {
        if (fits(event)) send(stream, textOf(event));
      };
      stream.once('close', this.feed.watch(show));
      return stream;
    }
    try {
      await this.#tellSince(lastId, fits, stream, gone);
    } catch (error) {
      stream.destroy();
      throw error;
    }
    return stream;
  }

  /** First what was missed, as fast as the watcher reads; what happens meanwhile waits for its turn. */
  async #tellSince(
    lastId: string,
    fits: (event: Event) => boolean,
    stream: PassThrough,
    gone: AbortSignal,
  ): Promise<void> {
    const endTurn = await this.turns.take(gone);
    if (!endTurn) return;
    const waiting: Event[] = [];
    let isTold = false;
    try {
      const { past, leave } = await this.feed.resume(lastId, (event) => {
        if (!fits(event)) return;
        if (isTold) send(stream, textOf(event));
        else if (waiting.push(event) > MOST_WAITING_EVENTS) stream.destroy();
      });
      if (stream.destroyed) leave();
      else stream.once('close', leave);
      const tell = async () => {
        for await (const page of past) {
          for (const event of page) if (fits(event)) await sendSlowly(stream, textOf(event));
          if (isOver(stream)) return;
        }
        for (let event = waiting.shift(); event && !isOver(stream); event = waiting.shift()) {
          await sendSlowly(stream, textOf(event));
        }
        isTold = true;
      };
      void tell()
        .catch(() => stream.destroy())
        .finally(endTurn);
    } catch (error) {
      endTurn();
      throw error;
    }
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
