import type { Layer, Router, RouterContext } from '@koa/router';
import type { Context, Middleware, Next } from 'koa';

interface Route {
  readonly layer: Layer;
  readonly handle: Middleware;
}

/**
 * What `router.routes()` does for routes of one handler each, in less time: a path is compared only with the routes that begin
 * with the same segment, and the first of those that match answers. A path that none has is the next one's, as there.
 */
export function dispatch({ stack }: Router): Middleware {
  const routes = new Map<string, Route[]>();
  for (const layer of stack) {
    const first = firstSegment(String(layer.path));
    if (/[:*{]/.test(first)) throw new Error(`${first} is not to begin with a parameter`);
    routes.set(first, [...(routes.get(first) ?? []), { layer, handle: handlerOf(layer) }]);
  }
  return (ctx: Context, next: Next) => {
    const { path, method } = ctx;
    const matched = (routes.get(firstSegment(path)) ?? []).filter(({ layer }) => layer.match(path));
    const found = matched.find(({ layer }) => layer.methods.includes(method));
    const context = ctx as unknown as RouterContext;
    context.matched = matched.map(({ layer }) => layer);
    if (!found) return next();
    const { layer, handle } = found;
    context._matchedRoute = layer.path;
    context.params = layer.params(path, layer.captures(path));
    return handle(ctx, next);
  };
}

function handlerOf({ path, stack }: Layer): Middleware {
  const [handle, second] = stack;
  if (!handle || second) throw new Error(`${String(path)} has ${stack.length} handlers: make it one`);
  return handle as unknown as Middleware;
}

function firstSegment(path: string): string {
  const end = path.indexOf('/', 1);
  return end < 0 ? path : path.slice(0, end);
}
