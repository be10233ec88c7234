import { Router, type RouterContext } from '@koa/router';
import Koa, { type Context, type Middleware, type Next } from 'koa';
import { cleanText, ImagoError, shorten } from '../errors.js';
import { clientLog } from './client-log.js';
import { errorAnswer, type Dialect } from './error-response.js';
import { MethodNotAllowed, NotFound, UrlTooLong } from './http-errors.js';
import { whenOver } from './request-over.js';
import { checkTarget } from './request-target.js';
import type { HttpServices } from './services.js';

const LONGEST_URL = 4096;
const LONGEST_LOG_MESSAGE = 2048;
/** Counted for a client that did not wait for its answer; the number that nginx gives it. */
const CLIENT_GONE = 499;

export type AddRoutes = (router: Router, services: HttpServices) => void;

/** An application of some dialects: one place where errors become answers, and requests are counted and logged. */
export function createApp(
  services: HttpServices,
  dialects: readonly AddRoutes[],
  { guard, last }: { readonly guard?: Middleware; readonly last?: Middleware } = {},
): Koa {
  const app = new Koa();
  app.context.traffic = services.traffic;
  const router = new Router({ sensitive: true, strict: true });
  for (const addRoutes of dialects) addRoutes(router, services);
  app.on('error', (error: unknown) =>
    services.logger.debug({ error: textOf(error) }, 'an answer was broken off'),
  );
  app.use(observe(services));
  app.use(answerErrors(services));
  app.use(checkRequest);
  if (guard) app.use(guard);
  app.use(router.routes() as unknown as Middleware);
  if (last) app.use(last);
  app.use(refuse);
  return app;
}

function observe({ logger, metrics }: HttpServices): Middleware {
  const logsAll = logger.isLevelEnabled('debug');
  return (ctx: Context, next: Next) => {
    const started = performance.now();
    // A request that is cut off has no socket any more when it is counted.
    const from = logsAll ? ctx.req.socket.remoteAddress : undefined;
    whenOver(ctx.res, () => {
      const seconds = (performance.now() - started) / 1000;
      const status = ctx.res.headersSent ? ctx.res.statusCode : CLIENT_GONE;
      metrics.answered(routeOf(ctx), ctx.method, status, seconds);
      if (!logsAll) return;
      logger.debug(
        {
          method: ctx.method,
          path: cleanText(ctx.url).slice(0, 256),
          status,
          seconds,
          from,
        },
        'request answered',
      );
    });
    return next();
  };
}

/** Of one kind of refusal to one client, within ten seconds. */
const MOST_LOG_LINES = 20;

function answerErrors(services: HttpServices): Middleware {
  const log = clientLog(services, MOST_LOG_LINES);
  return async (ctx: Context, next: Next) => {
    // A request that is cut off has no socket any more when that is told.
    const from = ctx.req.socket.remoteAddress;
    try {
      await next();
    } catch (error) {
      const { status, type, body, headers } = errorAnswer(error, dialectOf(ctx.path));
      const facts = {
        method: ctx.method,
        path: cleanText(ctx.path).slice(0, 256),
        status,
        code: error instanceof ImagoError ? error.code : undefined,
        ...(!(error instanceof ImagoError) && { err: error }),
      };
      const level = levelOf(status);
      const line = oneLine(textOf(error));
      if (level === 'debug') services.logger.debug(facts, line);
      else log(level, from ?? 'gone', facts.code ?? 'INTERNAL_ERROR', facts, line);
      ctx.status = status;
      ctx.set(headers);
      ctx.set('Content-Type', type);
      ctx.body = body;
      // What is left of the request is not read: the connection cannot serve another one.
      if (!ctx.req.complete) ctx.set('Connection', 'close');
    }
  };
}

/** Who is told to slow down is not helped by filling the log. */
function levelOf(status: number): 'error' | 'info' | 'debug' {
  if (status === 429) return 'debug';
  return status >= 500 ? 'error' : 'info';
}

function checkRequest(ctx: Context, next: Next): Promise<unknown> {
  checkTarget(ctx.req);
  ctx.traffic.checkAsker(ctx.req);
  if (ctx.url.length > LONGEST_URL) throw new UrlTooLong(LONGEST_URL);
  return next();
}

function refuse(ctx: Context): void {
  const { matched = [] } = ctx as unknown as RouterContext;
  const methods = [...new Set(matched.flatMap((layer) => layer.methods))];
  if (methods.length > 0) throw new MethodNotAllowed(ctx.method, methods);
  throw new NotFound(ctx.path);
}

export function dialectOf(path: string): Dialect {
  if (path.startsWith('/api/')) return 'api';
  return path.startsWith('/admin/') ? 'mayu-admin' : 'text';
}

function routeOf(ctx: Context): string {
  const { _matchedRoute: route } = ctx as unknown as RouterContext;
  return typeof route === 'string' ? route : 'other';
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Faults of a configuration stand on lines of their own; a log line is one. */
function oneLine(message: string): string {
  return shorten(cleanText(message.trim().replace(/(?<!\s)\s*\n\s*/g, ' | ')), LONGEST_LOG_MESSAGE);
}
