import type { Router } from '@koa/router';
import type { RouterContext } from '@koa/router';
import type { z } from 'zod';
import {
  StateCommand,
  type History,
  type HostList,
  type LeaseList,
  type Version,
} from '../../api/schemas.js';
import { formatIpv4 } from '../../net/ipv4.js';
import { toApiHost } from '../api-host.js';
import { hostNamed } from '../find-host.js';
import { BadRequest } from '../http-errors.js';
import { operatorOf } from '../operator.js';
import { readBody } from '../read-body.js';
import type { HttpServices } from '../services.js';

/** `/api/v1`: what operators and their programs call. */
export function addApiRoutes(router: Router, services: HttpServices): void {
  const { store, provisioner, progress, leases, version } = services;

  router.get('/api/v1/hosts', (ctx) => {
    const hosts = [...store.hosts()].map((host) => toApiHost(host, progress.of(host.serial)));
    ctx.body = { hosts } satisfies HostList;
  });

  router.get('/api/v1/hosts/:serial', (ctx) => {
    const host = hostNamed(store, ctx.params['serial'] ?? '');
    ctx.body = toApiHost(host, progress.of(host.serial));
  });

  router.post('/api/v1/hosts/:serial/state', async (ctx) => {
    const { serial } = hostNamed(store, ctx.params['serial'] ?? '');
    const { state } = await bodyAs(StateCommand, ctx);
    const host = await provisioner.commandState(serial, state, operatorOf(ctx));
    ctx.body = toApiHost(host, progress.of(serial));
  });

  router.get('/api/v1/hosts/:serial/history', async (ctx) => {
    const entries = await store.history(hostNamed(store, ctx.params['serial'] ?? '').serial);
    const history = entries.map(({ commit, time, author, what, state }) => ({
      commit,
      time: time.toISOString(),
      author,
      what,
      ...(state !== undefined && { state }),
    }));
    ctx.body = { history } satisfies History;
  });

  router.get('/api/v1/leases', (ctx) => {
    const answer: LeaseList = {
      leases: leases.list().map(({ address, mac, clientId, hostname, state, expires }) => {
        const host = store.hostByAddress(address) ?? store.hostByMac(mac);
        return {
          address: formatIpv4(address),
          mac,
          ...(clientId !== undefined && { clientId }),
          ...(hostname !== undefined && { hostname }),
          state,
          expires: expires.toISOString(),
          ...(host && { serial: host.serial }),
        };
      }),
    };
    ctx.body = answer;
  });

  router.get('/api/v1/version', (ctx) => {
    ctx.body = { version, node: process.version } satisfies Version;
  });
}

/** @throws BadRequest that names the first fault. */
async function bodyAs<T extends z.ZodType>(schema: T, ctx: RouterContext): Promise<z.output<T>> {
  const body = await readBody(ctx.req);
  const parsed = schema.safeParse(jsonOf(body));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = issue?.path.map(String).join('.') || 'the body';
  throw new BadRequest(`${place}: ${issue?.message ?? 'is not what this call takes'}`);
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) throw new BadRequest('the body is not JSON');
    throw error;
  }
}
