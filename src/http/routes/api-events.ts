import type { Router } from '@koa/router';
import { EventQuery, type Event, type EventList } from '../../api/events.js';
import type { EventFeed } from '../event-feed.js';
import type { EventStreams } from '../event-streams.js';
import type { ReplayTurns } from '../replay-turns.js';
import { queryAs } from '../parse-request.js';

/** What happens, as a list of the latest or as a stream of what comes. */
export function addEventRoutes(
  router: Router,
  feed: EventFeed,
  streams: EventStreams,
  turns: ReplayTurns,
): void {
  router.get('/api/v1/events', async (ctx) => {
    const { serial, since } = queryAs(EventQuery, ctx);
    const fits = (event: Event) => serial === undefined || event.serial === serial.toLowerCase();
    const gone = new AbortController();
    ctx.res.once('close', () => gone.abort());
    ctx.set('Cache-Control', 'no-store');
    if (ctx.accepts('application/json', 'text/event-stream') !== 'text/event-stream') {
      const endTurn = await turns.take(gone.signal);
      if (!endTurn) return;
      try {
        ctx.body = { events: (await feed.since(since)).filter(fits) } satisfies EventList;
      } finally {
        endTurn();
      }
      return;
    }
    const stream = await streams.open(ctx.get('Last-Event-ID') || since, fits, gone.signal);
    ctx.type = 'text/event-stream';
    ctx.body = stream;
  });
}
