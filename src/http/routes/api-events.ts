import type { Router } from '@koa/router';
import { EventQuery, type Event, type EventList } from '../../api/events.js';
import type { EventFeed } from '../event-feed.js';
import type { EventStreams } from '../event-streams.js';
import { queryAs } from '../parse-request.js';

/** What happens, as a list of the latest or as a stream of what comes. */
export function addEventRoutes(router: Router, feed: EventFeed, streams: EventStreams): void {
  router.get('/api/v1/events', async (ctx) => {
    const { serial, since } = queryAs(EventQuery, ctx);
    const fits = (event: Event) => serial === undefined || event.serial === serial.toLowerCase();
    ctx.set('Cache-Control', 'no-store');
    if (ctx.accepts('application/json', 'text/event-stream') !== 'text/event-stream') {
      ctx.body = { events: (await feed.since(since)).filter(fits) } satisfies EventList;
      return;
    }
    const stream = streams.open(ctx.get('Last-Event-ID') || since, fits);
    ctx.type = 'text/event-stream';
    ctx.body = stream;
  });
}
