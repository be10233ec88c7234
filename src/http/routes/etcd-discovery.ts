import type { ParsedUrlQuery } from 'node:querystring';
import type { Context } from 'koa';
import type { Machine } from '../../access/caller.js';
import { single } from '../../access/identity.js';
import { formatIpv4 } from '../../net/ipv4.js';
import { TokenBuckets, type Budget } from '../../net/token-buckets.js';
import type { DiscoveryBook } from '../etcd/discovery-book.js';
import { keyOf, memberOf, putMember, removeMember, type Discovery, type Member } from '../etcd/discovery.js';
import { EtcdError, TooManyWrites } from '../etcd/etcd-error.js';
import { clientOf } from '../../provision/new-host-gate.js';
import type { Handlers } from '../call.js';
import { readBody } from '../read-body.js';
import { whenOver } from '../request-over.js';
import type { HttpServices } from '../services.js';

const LARGEST_CLUSTER = 1000;
/** Of one client: a member registers once, and again after each start that failed. */
const WRITES: Budget = { burst: 200, perMinute: 60 };

/** etcd's v2 discovery protocol, as discovery.etcd.io and Mayu speak it. */
export function etcdHandlers(
  { config, reach }: Pick<HttpServices, 'config' | 'reach'>,
  book: DiscoveryBook,
  stopping: AbortSignal,
) {
  const writes = new TokenBuckets();
  /** Once all has come that is to be written. @throws TooManyWrites */
  const spend = (machine: Machine) => {
    const client = clientOf(machine);
    if (machine.isServer || writes.take(client, WRITES, performance.now())) return;
    reach('etcd-writes', { client });
    throw new TooManyWrites(client);
  };
  return {
    async newEtcdCluster({ ctx, search, caller }) {
      const size = single(search['size']) ?? (await formOf(ctx)).get('size') ?? undefined;
      spend(caller);
      const token = await book.create(clientOf(caller), size === undefined ? undefined : sizeOf(size));
      const { network, listeners } = config();
      return `http://${formatIpv4(network.serverAddress)}:${listeners.http.port}/etcd/${token}`;
    },
    async etcdSize({ ctx, params: { token } }) {
      return answer(ctx, 'get', sizeNode(await book.find(token)), await book.find(token));
    },
    async setEtcdSize({ ctx, params: { token }, caller }) {
      const size = sizeOf((await formOf(ctx)).get('value') ?? '');
      spend(caller);
      const discovery = await book.setSize(token, size);
      return answer(ctx, 'set', sizeNode(discovery), discovery);
    },
    async etcdMembers({ ctx, search, params }) {
      if (isWait(ctx, search)) return wait(ctx, params.token, search, undefined);
      const discovery = await book.find(params.token);
      const { token, members, index } = discovery;
      const node = {
        key: keyOf(token),
        dir: true,
        ...(members.length > 0 && { nodes: members.map((member) => memberNode(token, member)) }),
        modifiedIndex: index,
        createdIndex: 1,
      };
      return answer(ctx, 'get', node, discovery);
    },
    async etcdMember({ ctx, search, params: { token, machine } }) {
      if (isWait(ctx, search)) return wait(ctx, token, search, machine);
      const discovery = await book.find(token);
      return answer(ctx, 'get', memberNode(discovery.token, memberOf(discovery, machine)), discovery);
    },
    async putEtcdMember({ ctx, search, params: { token, machine }, caller }) {
      const form = await formOf(ctx);
      const mustBeNew = (single(search['prevExist']) ?? form.get('prevExist')) === 'false';
      const value = form.get('value') ?? single(search['value']) ?? '';
      spend(caller);
      const { discovery, event } = await book.change(token, (before) =>
        putMember(before, machine, value, mustBeNew),
      );
      ctx.status = event.previous ? 200 : 201;
      return answer(ctx, event.action, memberNode(discovery.token, event.member), discovery);
    },
    async removeEtcdMember({ ctx, params: { token, machine }, caller }) {
      spend(caller);
      const { discovery, event } = await book.change(token, (before) => removeMember(before, machine));
      return answer(ctx, event.action, memberNode(discovery.token, event.member), discovery);
    },
  } satisfies Partial<Handlers>;

  /**
   * Long polling: the answer is the next event. A client that goes away ends its wait without an answer, and imago ends it when
   * it stops.
   */
  async function wait(
    ctx: Context,
    token: string,
    search: ParsedUrlQuery,
    memberId: string | undefined,
  ): Promise<object | undefined> {
    const fromIndex = waitIndexOf(single(search['waitIndex']));
    const ended = new AbortController();
    const end = () => ended.abort();
    whenOver(ctx.res, end);
    // AbortSignal.any would leave something behind at a signal that lives as long as imago.
    stopping.addEventListener('abort', end);
    const event = await book
      .waitFor(token, { fromIndex, memberId }, stopping.aborted ? stopping : ended.signal)
      .finally(() => stopping.removeEventListener('abort', end));
    if (!event && ctx.res.closed) {
      ctx.respond = false;
      return undefined;
    }
    if (!event) throw new EtcdError(300, 'imago stops: ask again', 0);
    const discovery = await book.find(token);
    return answer(ctx, event.action, memberNode(discovery.token, event.member), discovery);
  }
}

/** HEAD asks for what is there: it has no place for an event. */
function isWait({ method }: Context, search: ParsedUrlQuery): boolean {
  return method === 'GET' && single(search['wait']) === 'true';
}

/** @throws EtcdError */
function waitIndexOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new EtcdError(209, 'waitIndex: a whole number', 0);
  return Number(text);
}

function answer(ctx: Context, action: string, node: object, { index }: Discovery): object {
  ctx.set('X-Etcd-Index', String(index));
  return { action, node };
}

function memberNode(token: string, { id, value, createdIndex, modifiedIndex }: Member) {
  return { key: keyOf(token, id), ...(value !== '' && { value }), modifiedIndex, createdIndex };
}

function sizeNode({ token, size }: Discovery) {
  return { key: keyOf(token, '_config', 'size'), value: String(size), modifiedIndex: 1, createdIndex: 1 };
}

/** etcd's clients send forms. */
async function formOf(ctx: Context): Promise<URLSearchParams> {
  return new URLSearchParams(await readBody(ctx));
}

/** @throws EtcdError */
function sizeOf(text: string): number {
  const size = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (size < 1 || size > LARGEST_CLUSTER)
    throw new EtcdError(209, `size: a number from 1 to ${LARGEST_CLUSTER}`, 0);
  return size;
}
