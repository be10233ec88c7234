import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import Koa, { type Context } from 'koa';
import type { Authenticator } from '../access/authenticate.js';
import { machineOf, type CallerParts, type Operator } from '../access/caller.js';
import type { Way } from '../access/operator-proof.js';
import type { Endpoint } from '../api/endpoint.js';
import type { Permission } from '../api/role.js';
import type { FailedLogins } from '../access/failed-logins.js';
import { NotAuthenticated } from '../access/errors.js';
import { askingOf } from './asking-of.js';
import { cleanText, ImagoError, shorten } from '../errors.js';
import type { DialectName } from '../config/dialects.js';
import { Call, type Handler } from './call.js';
import { clientLog } from './client-log.js';
import { Door } from './door.js';
import { errorAnswer, type Refuse, type Tongue } from './error-response.js';
import { OperatorsElsewhere, UrlTooLong } from './http-errors.js';
import type { HttpRequest } from './http-request.js';
import type { Audience } from './listeners.js';
import { loggedPath } from './logged-path.js';
import { takeCapability, withoutCapability } from './machine-capability.js';
import { checkTarget, targetOf, type Target } from './request-target.js';
import { noteRefusal } from './noted-refusal.js';
import { whenOver } from './request-over.js';
import type { HttpServices } from './services.js';
import type { Traffic } from './traffic.js';

const LONGEST_URL = 4096;
const LONGEST_LOG_MESSAGE = 2048;
/** Counted for a client that did not wait for its answer; the number that nginx gives it. */
const CLIENT_GONE = 499;

/** An endpoint, and what answers it. */
export type BoundEndpoint = Endpoint & {
  readonly handle: Handler<Endpoint>;
  /** Whose it is, where it is not imago's own. */
  readonly dialect?: DialectName;
  readonly refuse?: Refuse | undefined;
};

export interface AppParts {
  readonly audience: Audience;
  /** How operators come. */
  readonly way?: Way | undefined;
  readonly routes: readonly BoundEndpoint[];
  /** What operators' calls have to pass. @throws an ImagoError */
  readonly guard: (request: Context['req']) => void;
  /** The URL of where operators are answered. */
  readonly operatorsAt: () => string;
  /** Answers with a file for a path that no endpoint has; false where there is none. */
  readonly serveStatic: (ctx: Context, path: string) => Promise<boolean>;
  /** What is answered where no endpoint says it; imago's own words unless it is given. */
  readonly refuse?: Refuse | undefined;
}

/** What applications are made of, beside their routes. */
export type AppServices = CallerParts &
  Pick<HttpServices, 'logger' | 'metrics' | 'reach' | 'audit'> & {
    readonly traffic: Traffic;
    readonly logins: FailedLogins;
    readonly authenticator: Authenticator;
  };

/** The application of one kind of listener: whom a call is of, one place where errors become answers, and requests counted and logged. */
export function createApp(services: AppServices, parts: AppParts): Koa {
  const app = new Koa();
  app.context.traffic = services.traffic;
  app.on('error', (error: unknown) =>
    services.logger.debug({ error: textOf(error) }, 'an answer was broken off'),
  );
  const answer = answerer(services, parts);
  const whenAnswered = observer(services);
  const refuse = refuser(services, parts.refuse);
  app.use(async (ctx) => {
    const { req } = ctx;
    req.startedAt = performance.now();
    req.whenOver = whenAnswered;
    const target = targetOf(req.url ?? '/');
    try {
      await answer(ctx, target);
    } catch (error) {
      const isLogin = error instanceof NotAuthenticated;
      refuse(isLogin ? await services.logins.refusal(req.client.address, error) : error, ctx, target);
    }
  });
  return app;
}

function answerer(
  services: AppServices,
  { audience, way = 'tls', routes, guard, serveStatic, operatorsAt }: AppParts,
): (ctx: Context, whole: Target) => Promise<void> {
  const door = new Door(audience, routes);
  const operatorOf = (req: HttpRequest, by: Way, needs: Permission): Promise<Operator> => {
    const prove = () => services.authenticator.operatorOf(askingOf(req, by), needs);
    req.proveAgain = prove;
    return prove();
  };
  return async (ctx, whole) => {
    const { req, response } = ctx;
    const { url = '', method = '' } = req;
    const { target, capability } = takeCapability(whole);
    const { path } = target;
    checkTarget(req);
    services.traffic.checkAsker(req);
    if (url.length > LONGEST_URL) throw new UrlTooLong(LONGEST_URL);
    const found = door.find(method, path);
    const isForOperators = door.roleOf(path, found?.route) === 'operator';
    if (isForOperators) guard(req);
    if (found) {
      const { route, params } = found;
      req.route = route.dialect === undefined ? route.path : `${route.dialect} ${route.path}`;
      req.refuse = route.refuse;
      const caller =
        route.role === 'operator'
          ? await operatorOf(req, way, route.needs)
          : machineOf(req.client, capability, services);
      const body = await route.handle(new Call(ctx, target, route, params, caller));
      if (route.status !== undefined) response.status = route.status;
      if (body !== undefined) response.body = body;
      if (caller.kind === 'operator' && caller.over && body instanceof Readable)
        endWhen(caller.over(), ctx.res);
    } else if (isForOperators || !(await serveStatic(ctx, path))) {
      if (door.isElsewhere(path)) throw new OperatorsElsewhere(operatorsAt());
      throw door.refusal(method, withoutCapability(path));
    }
  };
}

/** An answer that goes on and on is for nobody whose proof holds no more. */
function endWhen(over: AbortSignal, response: ServerResponse): void {
  const end = () => void response.destroy();
  if (over.aborted) end();
  else {
    over.addEventListener('abort', end, { once: true });
    whenOver(response, () => over.removeEventListener('abort', end));
  }
}

function observer({ logger, metrics }: AppServices): NonNullable<HttpRequest['whenOver']> {
  const logsAll = logger.isLevelEnabled('debug');
  return ({ method = '', url = '', route, startedAt, client }, response) => {
    const seconds = (performance.now() - startedAt) / 1000;
    const status = response.headersSent ? response.statusCode : CLIENT_GONE;
    metrics.answered(route, method, status, seconds);
    if (!logsAll) return;
    const path = cleanText(loggedPath(url)).slice(0, 256);
    logger.debug({ method, path, status, seconds, from: client.address }, 'request answered');
  };
}

/** Of one kind of refusal to one client, within ten seconds. */
const MOST_LOG_LINES = 20;

function refuser(
  services: AppServices,
  inAll: Refuse | undefined,
): (error: unknown, ctx: Context, target: Target) => void {
  const log = clientLog(services, MOST_LOG_LINES);
  return (error, ctx, { path: asked }) => {
    noteRefusal(services.audit, ctx, loggedPath(asked), error);
    const inItsWords = ctx.req.refuse ?? inAll;
    const { status, type, body, headers } = inItsWords?.(error) ?? errorAnswer(error, tongueOf(asked));
    const path = cleanText(loggedPath(asked)).slice(0, 256);
    const code = error instanceof ImagoError ? error.code : undefined;
    const facts = { method: ctx.method, path, status, code, ...(code === undefined && { err: error }) };
    const level = levelOf(status);
    const line = oneLine(textOf(error));
    if (level === 'debug') services.logger.debug(facts, line);
    else log(level, ctx.req.client.address, code ?? 'INTERNAL_ERROR', facts, line);
    ctx.status = status;
    ctx.set(headers);
    ctx.set('Content-Type', type);
    ctx.body = body;
    // What is left of the request is not read: the connection cannot serve another one.
    // And what is asked again has to be judged by a connection that was made since.
    if (!ctx.req.complete || code === 'CARD_UNSEEN') ctx.set('Connection', 'close');
  };
}

/** Who is told to slow down is not helped by filling the log. */
function levelOf(status: number): 'error' | 'info' | 'debug' {
  if (status === 429) return 'debug';
  return status >= 500 ? 'error' : 'info';
}

function tongueOf(path: string): Tongue {
  if (path.startsWith('/api/')) return 'api';
  return path.startsWith('/admin/') ? 'mayu-admin' : 'text';
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Faults of a configuration stand on lines of their own; a log line is one. */
function oneLine(message: string): string {
  return shorten(cleanText(message.trim().replace(/(?<!\s)\s*\n\s*/g, ' | ')), LONGEST_LOG_MESSAGE);
}
