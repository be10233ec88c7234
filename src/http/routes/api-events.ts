import type { Router, RouterContext } from '@koa/router';
import { EventQuery, type Event, type EventList } from '../../api/events.js';
import type { EventFeed } from '../event-feed.js';
import type { EventStreams } from '../event-streams.js';
import { namedOperatorOf } from '../operator.js';
import { queryAs } from '../parse-request.js';
import type { ReplayTurns } from '../replay-turns.js';
import { overSignal } from '../request-over.js';

/** What happens, as a list of the latest or as a stream of what comes. */
export function addEventRoutes(
  router: Router,
  feed: EventFeed,
  streams: EventStreams,
  turns: ReplayTurns,
): void {
  router.get('/api/v1/events', async (ctx: RouterContext) => {
    const { serial, since } = queryAs(EventQuery, ctx);
    const fits = (event: Event) => serial === undefined || event.serial === serial.toLowerCase();
    ctx.traffic.watch(ctx.req, ctx.res, namedOperatorOf(ctx));
    const gone = overSignal(ctx.res);
    ctx.set('Cache-Control', 'no-store');
    if (ctx.accepts('application/json', 'text/event-stream') !== 'text/event-stream') {
      const endTurn = await turns.take(gone);
      if (!endTurn) return;
      try {
        ctx.body = { events: (await feed.since(since)).filter(fits) } satisfies EventList;
      } finally {
        endTurn();
      }
      return;
    }
    const stream = await streams.open(ctx.get('Last-Event-ID') || since, fits, gone);
    ctx.type = 'text/event-stream';
    ctx.body = stream;
  });
}
