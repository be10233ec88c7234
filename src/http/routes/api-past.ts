import type { Router, RouterContext } from '@koa/router';
import {
  DiffQuery,
  HistoryQuery,
  LogQuery,
  RollbackCommand,
  type ChangeLog,
  type FieldChange,
  type HostDiff,
  type LoggedChange as ApiChange,
  type Rollback,
  type Timeline,
} from '../../api/past.js';
import { diffHosts } from '../../host/host-diff.js';
import type { Host } from '../../host/host.js';
import type { LoggedChange } from '../../host/host-archive.js';
import { parseSerial, type Serial } from '../../host/serial.js';
import { timelineOf } from '../../host/timeline.js';
import { UnknownHost } from '../../provision/unknown-host.js';
import { hostNamed, serialNamed } from '../find-host.js';
import { hostEtag, matchGuard } from '../host-version.js';
import { namedCommit } from '../named-commit.js';
import { operatorOf } from '../operator.js';
import { bodyAs, queryAs } from '../parse-request.js';
import type { HttpServices } from '../services.js';

/** What was, how it differs from what is, and the way back. */
export function addPastRoutes(router: Router, { store, provisioner, clock }: HttpServices): void {
  router.get('/api/v1/log', async (ctx) => {
    const { since, until, serial, ...rest } = queryAs(LogQuery, ctx);
    const changes = await store.log({
      ...rest,
      ...(serial !== undefined && { serial: parseSerial(serial) }),
      ...(since !== undefined && { since: new Date(since) }),
      ...(until !== undefined && { until: new Date(until) }),
    });
    ctx.body = { changes: changes.map(shownChange) } satisfies ChangeLog;
  });

  router.get('/api/v1/hosts/:serial/timeline', async (ctx) => {
    const { limit } = queryAs(HistoryQuery, ctx);
    const timeline = timelineOf(await store.history(await serialWithPast(ctx), limit), clock());
    ctx.body = {
      timeline: timeline.map((stay) => ({ ...stay, since: stay.since.toISOString() })),
    } satisfies Timeline;
  });

  router.get('/api/v1/hosts/:serial/diff', async (ctx) => {
    const { from, to } = queryAs(DiffQuery, ctx);
    const serial = await serialWithPast(ctx);
    const before = await store.hostAt(serial, from);
    const after = to === undefined ? undefined : await store.hostAt(serial, to);
    ctx.body = {
      serial,
      from: namedCommit(before),
      ...(after && { to: namedCommit(after) }),
      changes: fieldChanges(before.host, after ? after.host : store.host(serial)),
    } satisfies HostDiff;
  });

  router.post('/api/v1/hosts/:serial/rollback', async (ctx) => {
    const { serial } = hostNamed(store, ctx.params['serial'] ?? '');
    const { revision, dryRun } = await bodyAs(RollbackCommand, ctx);
    const earlier = await store.hostAt(serial, revision);
    const guard = matchGuard(ctx.get('If-Match'));
    const { before, host } = dryRun
      ? provisioner.previewRollback(serial, earlier)
      : await provisioner.rollBack(serial, earlier, operatorOf(ctx), { guard });
    ctx.set('ETag', hostEtag(dryRun ? before : host));
    ctx.body = {
      serial,
      revision: namedCommit(earlier),
      changes: fieldChanges(before, host),
    } satisfies Rollback;
  });

  /** Also of a host that was retired. @throws UnknownHost */
  async function serialWithPast(ctx: RouterContext): Promise<Serial> {
    const raw = ctx.params['serial'] ?? '';
    const serial = serialNamed(raw);
    if (!store.host(serial) && (await store.history(serial, 1)).length === 0) throw new UnknownHost(raw);
    return serial;
  }
}

function shownChange(change: LoggedChange): ApiChange {
  const { time, author, serial, what, state } = change;
  return {
    commit: namedCommit(change),
    time: time.toISOString(),
    author,
    serial,
    what,
    ...(state !== undefined && { state }),
  };
}

/** As JSON has them: a field that is not set is left out. */
function fieldChanges(before: Host | undefined, after: Host | undefined): FieldChange[] {
  return JSON.parse(JSON.stringify(diffHosts(before, after))) as FieldChange[];
}
