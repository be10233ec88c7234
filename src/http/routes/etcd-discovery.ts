import type { Router, RouterContext } from '@koa/router';
import { formatIpv4 } from '../../net/ipv4.js';
import type { DiscoveryBook } from '../etcd/discovery-book.js';
import { keyOf, memberOf, putMember, removeMember, type Discovery, type Member } from '../etcd/discovery.js';
import { EtcdError } from '../etcd/etcd-error.js';
import { clientOf } from '../../provision/new-host-gate.js';
import { askerOf, single } from '../identity.js';
import { readBody } from '../read-body.js';
import { whenOver } from '../request-over.js';
import type { HttpServices } from '../services.js';

const LARGEST_CLUSTER = 1000;

/** etcd's v2 discovery protocol, as discovery.etcd.io and Mayu speak it. */
export function addEtcdDiscoveryRoutes(
  router: Router,
  { config, leases }: HttpServices,
  book: DiscoveryBook,
  stopping: AbortSignal,
): void {
  router.put('/etcd/new', async (ctx) => {
    const size = single(ctx.query['size']) ?? (await formOf(ctx)).get('size') ?? undefined;
    const client = clientOf(askerOf(ctx.req, leases));
    const token = await book.create(client, size === undefined ? undefined : sizeOf(size));
    const { network, listeners } = config();
    ctx.body = `http://${formatIpv4(network.serverAddress)}:${listeners.http.port}/etcd/${token}`;
  });

  router.get('/etcd/:token/_config/size', async (ctx) => {
    answer(ctx, 'get', sizeNode(await book.find(tokenOf(ctx))), await book.find(tokenOf(ctx)));
  });

  router.put('/etcd/:token/_config/size', async (ctx) => {
    const discovery = await book.setSize(tokenOf(ctx), sizeOf((await formOf(ctx)).get('value') ?? ''));
    answer(ctx, 'set', sizeNode(discovery), discovery);
  });

  router.get('/etcd/:token{/}', async (ctx) => {
    if (isWait(ctx)) return wait(ctx, undefined);
    const discovery = await book.find(tokenOf(ctx));
    const { token, members, index } = discovery;
    const node = {
      key: keyOf(token),
      dir: true,
      ...(members.length > 0 && { nodes: members.map((member) => memberNode(token, member)) }),
      modifiedIndex: index,
      createdIndex: 1,
    };
    return answer(ctx, 'get', node, discovery);
  });

  router.get('/etcd/:token/:machine', async (ctx) => {
    const id = ctx.params['machine'] ?? '';
    if (isWait(ctx)) return wait(ctx, id);
    const discovery = await book.find(tokenOf(ctx));
    return answer(ctx, 'get', memberNode(discovery.token, memberOf(discovery, id)), discovery);
  });

  router.put('/etcd/:token/:machine', async (ctx) => {
    const form = await formOf(ctx);
    const mustBeNew = (single(ctx.query['prevExist']) ?? form.get('prevExist')) === 'false';
    const value = form.get('value') ?? single(ctx.query['value']) ?? '';
    const { discovery, event } = await book.change(tokenOf(ctx), (before) =>
      putMember(before, ctx.params['machine'] ?? '', value, mustBeNew),
    );
    ctx.status = event.previous ? 200 : 201;
    answer(ctx, event.action, memberNode(discovery.token, event.member), discovery);
  });

  router.delete('/etcd/:token/:machine', async (ctx) => {
    const { discovery, event } = await book.change(tokenOf(ctx), (before) =>
      removeMember(before, ctx.params['machine'] ?? ''),
    );
    answer(ctx, event.action, memberNode(discovery.token, event.member), discovery);
  });

  /**
   * Long polling: the answer is the next event. A client that goes away ends its wait without an answer, and imago ends it when
   * it stops.
   */
  async function wait(ctx: RouterContext, memberId: string | undefined): Promise<void> {
    const fromIndex = waitIndexOf(single(ctx.query['waitIndex']));
    const ended = new AbortController();
    const end = () => ended.abort();
    whenOver(ctx.res, end);
    // AbortSignal.any would leave something behind at a signal that lives as long as imago.
    stopping.addEventListener('abort', end);
    const event = await book
      .waitFor(tokenOf(ctx), { fromIndex, memberId }, stopping.aborted ? stopping : ended.signal)
      .finally(() => stopping.removeEventListener('abort', end));
    if (!event && ctx.res.closed) {
      ctx.respond = false;
      return;
    }
    if (!event) throw new EtcdError(300, 'imago stops: ask again', 0);
    const discovery = await book.find(tokenOf(ctx));
    answer(ctx, event.action, memberNode(discovery.token, event.member), discovery);
  }
}

function tokenOf(ctx: RouterContext): string {
  return ctx.params['token'] ?? '';
}

/** HEAD asks for what is there: it has no place for an event. */
function isWait(ctx: RouterContext): boolean {
  return ctx.method === 'GET' && single(ctx.query['wait']) === 'true';
}

/** @throws EtcdError */
function waitIndexOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new EtcdError(209, 'waitIndex: a whole number', 0);
  return Number(text);
}

function answer(ctx: RouterContext, action: string, node: object, { index }: Discovery): void {
  ctx.set('X-Etcd-Index', String(index));
  ctx.body = { action, node };
}

function memberNode(token: string, { id, value, createdIndex, modifiedIndex }: Member) {
  return { key: keyOf(token, id), ...(value !== '' && { value }), modifiedIndex, createdIndex };
}

function sizeNode({ token, size }: Discovery) {
  return { key: keyOf(token, '_config', 'size'), value: String(size), modifiedIndex: 1, createdIndex: 1 };
}

/** etcd's clients send forms. */
async function formOf(ctx: RouterContext): Promise<URLSearchParams> {
  return new URLSearchParams(await readBody(ctx));
}

/** @throws EtcdError */
function sizeOf(text: string): number {
  const size = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (size < 1 || size > LARGEST_CLUSTER)
    throw new EtcdError(209, `size: a number from 1 to ${LARGEST_CLUSTER}`, 0);
  return size;
}
