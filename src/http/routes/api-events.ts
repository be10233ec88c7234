import type { Event } from '../../api/events.js';
import type { Handlers } from '../call.js';
import type { EventFeed } from '../event-feed.js';
import type { EventStreams } from '../event-streams.js';
import type { ReplayTurns } from '../replay-turns.js';
import { overSignal } from '../request-over.js';

export interface Watching {
  readonly feed: EventFeed;
  readonly streams: EventStreams;
  readonly turns: ReplayTurns;
}

/** What happens, as a list of the latest or as a stream of what comes. */
export function eventHandlers({ feed, streams, turns }: Watching) {
  return {
    async listEvents(call) {
      const { ctx, caller } = call;
      const { serial, record, since } = call.query();
      const fits = (event: Event) =>
        (serial === undefined || event.serial === serial.toLowerCase()) &&
        (record === undefined || event.record === record);
      ctx.traffic.watch(ctx.req, ctx.res, caller.isNamed ? caller.name : undefined);
      const gone = overSignal(ctx.res);
      ctx.set('Cache-Control', 'no-store');
      if (ctx.accepts('application/json', 'text/event-stream') === 'text/event-stream') {
        const stream = await streams.open(ctx.get('Last-Event-ID') || since, fits, gone);
        ctx.type = 'text/event-stream';
        return stream;
      }
      const endTurn = await turns.take(gone);
      if (!endTurn) return undefined;
      try {
        return { events: (await feed.since(since)).filter(fits) };
      } finally {
        endTurn();
      }
    },
  } satisfies Partial<Handlers>;
}
