import { Router, type RouterContext } from '@koa/router';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Context, Middleware } from 'koa';
import { dispatch } from '../../../src/http/dispatch.js';

/** Of each shape that routes of imago have. */
const routes: readonly (readonly [method: 'get' | 'put' | 'delete', path: string])[] = [
  ['get', '/'],
  ['get', '/ipxe'],
  ['get', '/ignition/:serial'],
  ['get', '/ignition/:serial/installer'],
  ['get', '/images/:file'],
  ['get', '/images/:serial/*file'],
  ['put', '/etcd/new'],
  ['get', '/etcd/:token/_config/size'],
  ['put', '/etcd/:token/_config/size'],
  ['get', '/etcd/:token{/}'],
  ['get', '/etcd/:token/:machine'],
  ['delete', '/etcd/:token/:machine'],
];

interface Went {
  readonly to: string;
  readonly params: unknown;
  readonly known: unknown;
  readonly route: unknown;
}

function houseRouter(went: Went[]): Router {
  const router = new Router({ sensitive: true, strict: true });
  for (const [method, path] of routes)
    router[method](path, (ctx) => void went.push(stateOf(`${method} ${path}`, ctx)));
  return router;
}

function stateOf(to: string, ctx: RouterContext): Went {
  const { params, matched, _matchedRoute: route } = ctx;
  return { to, params: { ...params }, known: matched?.map(({ path }) => path), route };
}

/** Where a request arrives, and what the context says then. */
async function wayOf(
  through: (router: Router) => Middleware,
  method: string,
  path: string,
): Promise<readonly Went[]> {
  const went: Went[] = [];
  const ctx = { method, path, request: {} } as unknown as Context;
  await through(houseRouter(went))(ctx, () => {
    went.push(stateOf('the next', ctx as unknown as RouterContext));
    return Promise.resolve();
  });
  return went;
}

const segments = [
  '',
  'ipxe',
  'IPXE',
  'ignition',
  'installer',
  'images',
  'etcd',
  'new',
  '_config',
  'size',
  'a',
  '%2f',
  '%',
];
const paths = fc
  .array(fc.constantFrom(...segments), { minLength: 1, maxLength: 5 })
  .map((parts) => `/${parts.join('/')}`);
const methods = fc.constantFrom('GET', 'HEAD', 'PUT', 'DELETE', 'POST', 'OPTIONS');

describe('the way of a request to its route', () => {
  it('is that of the router itself, whatever is asked for', () =>
    fc.assert(
      fc.asyncProperty(methods, paths, async (method, path) => {
        const usual = await wayOf((router) => router.routes() as unknown as Middleware, method, path);
        expect(await wayOf(dispatch, method, path)).to.deep.equal(usual);
      }),
      { numRuns: 2000 },
    ));

  it('is known for each route', async () => {
    for (const [method, path] of routes) {
      const asked = path.replace('{/}', '/').replace(/[:*]/g, '');
      const [{ to } = { to: 'nowhere' }] = await wayOf(dispatch, method.toUpperCase(), asked);
      expect(to).to.equal(`${method} ${path}`);
    }
  });

  const wrong: readonly { readonly name: string; readonly add: (router: Router) => void }[] = [
    {
      name: 'two handlers',
      add: (router) =>
        router.get(
          '/a',
          (_ctx, next) => next(),
          () => undefined,
        ),
    },
    { name: 'a parameter at its begin', add: (router) => router.get('/:serial/a', () => undefined) },
  ];
  for (const { name, add } of wrong) {
    it(`is refused to a route with ${name}`, () => {
      const router = new Router();
      add(router);
      expect(() => dispatch(router)).to.throw(Error);
    });
  }
});
