import type { Router, RouterContext } from '@koa/router';
import { HostQuery } from '../../api/host-query.js';
import { HistoryQuery } from '../../api/past.js';
import {
  HostPatch,
  LockCommand,
  NewHost,
  StateCommand,
  type History,
  type HostList,
} from '../../api/schemas.js';
import type { Host } from '../../host/host.js';
import { parseWrittenSerial } from '../../host/serial.js';
import { parseIpv4 } from '../../net/ipv4.js';
import { parseMac } from '../../net/mac-address.js';
import type { Addition } from '../../provision/plan-addition.js';
import { retire, type HostAmendment } from '../../provision/plan-amendment.js';
import { amendmentsOf } from '../amendments.js';
import { toApiHost } from '../api-host.js';
import { hostNamed, serialNamed } from '../find-host.js';
import { hostEtag, matchGuard } from '../host-version.js';
import { namedCommit } from '../named-commit.js';
import { operatorOf } from '../operator.js';
import { bodyAs, queryAs } from '../parse-request.js';
import { selectHosts } from '../select-hosts.js';
import type { HttpServices } from '../services.js';

/** `/api/v1/hosts`: what operators and their programs call. */
export function addHostRoutes(router: Router, { store, provisioner, progress, stuck }: HttpServices): void {
  const shown = (host: Host) => toApiHost(host, progress.of(host.serial), stuck.of(host.serial));

  router.get('/api/v1/hosts', (ctx) => {
    const { hosts, total } = selectHosts(store.hosts(), queryAs(HostQuery, ctx));
    ctx.body = { hosts: hosts.map(shown), total } satisfies HostList;
  });

  router.post('/api/v1/hosts', async (ctx) => {
    const host = await provisioner.add(additionOf(await bodyAs(NewHost, ctx)), operatorOf(ctx));
    ctx.status = 201;
    ctx.set('Location', `/api/v1/hosts/${host.serial}`);
    answer(ctx, host);
  });

  router.get('/api/v1/hosts/:serial', (ctx) => answer(ctx, named(ctx)));

  router.patch('/api/v1/hosts/:serial', async (ctx) => {
    const { serial } = named(ctx);
    const amendment = guarded(ctx, amendmentsOf(await bodyAs(HostPatch, ctx)));
    answer(ctx, await provisioner.amend(serial, amendment, operatorOf(ctx)));
  });

  router.delete('/api/v1/hosts/:serial', async (ctx) => {
    await provisioner.amend(named(ctx).serial, guarded(ctx, retire), operatorOf(ctx));
    ctx.status = 204;
  });

  router.post('/api/v1/hosts/:serial/state', async (ctx) => {
    const { serial } = named(ctx);
    const { state } = await bodyAs(StateCommand, ctx);
    const guard = matchGuard(ctx.get('If-Match'));
    answer(ctx, await provisioner.commandState(serial, state, operatorOf(ctx), { guard }));
  });

  router.put('/api/v1/hosts/:serial/lock', async (ctx) => {
    const { serial } = named(ctx);
    const { reason } = await bodyAs(LockCommand, ctx);
    answer(ctx, await provisioner.lock(serial, reason, operatorOf(ctx)));
  });

  router.delete('/api/v1/hosts/:serial/lock', async (ctx) => {
    answer(ctx, await provisioner.unlock(named(ctx).serial, operatorOf(ctx)));
  });

  router.get('/api/v1/hosts/:serial/history', async (ctx) => {
    const { limit } = queryAs(HistoryQuery, ctx);
    const entries = await store.history(serialNamed(ctx.params['serial'] ?? ''), limit);
    if (entries.length === 0) named(ctx); // one that was retired has its history still
    const history = entries.map(({ time, author, what, state, ...change }) => ({
      commit: namedCommit(change),
      time: time.toISOString(),
      author,
      what,
      ...(state !== undefined && { state }),
    }));
    ctx.body = { history } satisfies History;
  });

  function named(ctx: RouterContext): Host {
    return hostNamed(store, ctx.params['serial'] ?? '');
  }

  function answer(ctx: RouterContext, host: Host): void {
    ctx.set('ETag', hostEtag(host));
    ctx.body = shown(host);
  }
}

function guarded(ctx: RouterContext, amend: HostAmendment): HostAmendment {
  const guard = matchGuard(ctx.get('If-Match'));
  return (host, settings, fleet) => {
    guard?.(host);
    return amend(host, settings, fleet);
  };
}

/** @throws InvalidValue */
function additionOf({ serial, address, mac, ...rest }: NewHost): Addition {
  return {
    ...rest,
    serial: parseWrittenSerial(serial),
    address: address === undefined ? undefined : parseIpv4(address),
    mac: mac === undefined ? undefined : parseMac(mac),
  };
}
