import type Koa from 'koa';
import { createApp, type AddRoutes } from './create-app.js';
import type { EventFeed } from './event-feed.js';
import type { EventStreams } from './event-streams.js';
import type { ReplayTurns } from './replay-turns.js';
import { guardOperators } from './guard-operators.js';
import { addBackupRoutes } from './routes/api-backup.js';
import { addExplainRoutes } from './routes/api-explain.js';
import { addEventRoutes } from './routes/api-events.js';
import { addHostRoutes } from './routes/api-hosts.js';
import { addApiImageRoutes } from './routes/api-images.js';
import { addPastRoutes } from './routes/api-past.js';
import { addPowerRoutes } from './routes/api-power.js';
import { addRenderedRoutes } from './routes/api-rendered.js';
import { addSimulationRoutes } from './routes/api-simulations.js';
import { addSurroundingsRoutes } from './routes/api-surroundings.js';
import { addMayuAdminRoutes } from './routes/mayu-admin.js';
import { addMayuCallbackRoutes } from './routes/mayu-callbacks.js';
import { addOperationsRoutes } from './routes/operations.js';
import type { HttpServices } from './services.js';

export interface Watching {
  readonly feed: EventFeed;
  readonly streams: EventStreams;
  readonly turns: ReplayTurns;
}

/** What people and programs command. */
export function createOperatorApp(services: HttpServices, { feed, streams, turns }: Watching): Koa {
  const dialects: AddRoutes[] = [
    addMayuAdminRoutes,
    addMayuCallbackRoutes,
    addHostRoutes,
    addPastRoutes,
    addBackupRoutes,
    addPowerRoutes,
    addApiImageRoutes,
    addRenderedRoutes,
    addSurroundingsRoutes,
    addExplainRoutes,
    addSimulationRoutes,
    (router) => addEventRoutes(router, feed, streams, turns),
    addOperationsRoutes,
  ];
  return createApp(services, dialects, { guard: guardOperators(services.config) });
}
