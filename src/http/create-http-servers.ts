import { setMaxListeners } from 'node:events';
import { createMachineApp } from './app-machine.js';
import { createOperatorApp, type Watching } from './app-operator.js';
import type { HandleRequest } from './connection-keeper.js';
import { EventFeed } from './event-feed.js';
import { EventStreams } from './event-streams.js';
import { ReplayTurns } from './replay-turns.js';
import { takeAbsoluteForm } from './request-target.js';
import { listenersOf, type Audience, type Listener } from './listeners.js';
import { listen, type ListeningServer } from './listening-server.js';
import { plainPath } from './plain-path.js';
import type { HttpServices } from './services.js';
import { whichApp } from './which-app.js';

export interface HttpServers {
  /** Listens everywhere or nowhere. @throws ListenFailed */
  start(): Promise<readonly ListeningServer[]>;
  /** Resolves when the last answer has ended, or was cut off after a few seconds. */
  close(): Promise<void>;
}

/** The HTTP side as a whole. `listeners` are those of the configuration unless a test wants its own. */
export function createHttpServers(
  services: HttpServices,
  listeners: readonly Listener[] = listenersOf(services.config()),
): HttpServers {
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // each answer that waits is one
  const feed = new EventFeed(services.store, services.progress, services.stuck, services.news);
  const turns = new ReplayTurns();
  const streams = new EventStreams(feed, turns);
  const handlers = handlersOf(services, { feed, streams, turns }, stopping.signal);
  const servers: ListeningServer[] = [];
  const close = async (): Promise<void> => {
    const closed = servers.splice(0).map((server) => server.close());
    stopping.abort();
    streams.close();
    feed.close();
    await Promise.all(closed);
  };
  return {
    async start() {
      try {
        for (const listener of listeners) {
          servers.push(await listen(listener, handlers[listener.audience], services));
          services.logger.info({ ...listener }, 'HTTP listens');
        }
        return [...servers];
      } catch (error) {
        await close();
        throw error;
      }
    },
    close,
  };
}

function handlersOf(
  services: HttpServices,
  watching: Watching,
  stopping: AbortSignal,
): Readonly<Record<Audience, HandleRequest>> {
  // Koa answers each of its own failures itself; its promise never rejects.
  const machines = createMachineApp(services, stopping).callback();
  const operators = createOperatorApp(services, watching).callback();
  const both: HandleRequest = (request, response) =>
    (whichApp(request.url ?? '/') === 'operator' ? operators : machines)(request, response);
  return { machines: plainly(machines), operators: plainly(operators), both: plainly(both) };
}

/** One place for the paths of all routes, before it is decided whose call it is. */
function plainly(handle: HandleRequest): HandleRequest {
  return (request, response) => {
    takeAbsoluteForm(request);
    request.url = plainPath(request.url ?? '/');
    return handle(request, response);
  };
}
