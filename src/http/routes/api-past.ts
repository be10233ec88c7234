import { hostNamed, serialNamed } from '../../access/find-host.js';
import type { FieldChange, LoggedChange as ApiChange } from '../../api/past.js';
import { diffHosts, type FieldDifference } from '../../host/host-diff.js';
import type { Host } from '../../host/host.js';
import type { LoggedChange } from '../../host/host-archive.js';
import { parseSerial, type Serial } from '../../host/serial.js';
import { timelineOf } from '../../host/timeline.js';
import { UnknownHost } from '../../provision/errors.js';
import type { Handlers } from '../call.js';
import { endWhenSlow } from '../end-when-slow.js';
import { hostEtag, versionsIn, namedCommit } from '../host-etag.js';
import type { HttpServices } from '../services.js';

/** What was, how it differs from what is, and the way back. */
export function pastHandlers({
  store,
  provisioner,
  backups,
  config,
  clock,
}: Pick<HttpServices, 'store' | 'provisioner' | 'backups' | 'config' | 'clock'>) {
  /** Also of a host that was retired. @throws UnknownHost */
  const serialWithPast = async ({ serial: raw }: { readonly serial: string }): Promise<Serial> => {
    const serial = serialNamed(raw);
    if (!store.host(serial) && (await store.history(serial, 1)).length === 0) throw new UnknownHost(raw);
    return serial;
  };
  return {
    async getLog(call) {
      const { since, until, serial, ...rest } = call.query();
      const changes = await store.log({
        ...rest,
        ...(serial !== undefined && { serial: parseSerial(serial) }),
        ...(since !== undefined && { since: new Date(since) }),
        ...(until !== undefined && { until: new Date(until) }),
      });
      return { changes: changes.map(shownChange) };
    },
    async getTimeline(call) {
      const { limit } = call.query();
      const timeline = timelineOf(await store.history(await serialWithPast(call.params), limit), clock());
      return { timeline: timeline.map((stay) => ({ ...stay, since: stay.since.toISOString() })) };
    },
    async getDiff(call) {
      const { from, to } = call.query();
      const serial = await serialWithPast(call.params);
      const before = await store.hostAt(serial, from);
      const after = to === undefined ? undefined : await store.hostAt(serial, to);
      const changes = fieldChanges(before.host, after ? after.host : store.host(serial));
      return { serial, from: namedCommit(before), ...(after && { to: namedCommit(after) }), changes };
    },
    async rollBack(call) {
      const { serial } = hostNamed(store, call.params.serial);
      const { revision, dryRun } = await call.body();
      const earlier = await store.hostAt(serial, revision);
      const versions = versionsIn(call.ctx);
      const { before, host } = dryRun
        ? provisioner.previewRollback(serial, earlier)
        : await provisioner.order({ kind: 'roll-back', serial, earlier, versions }, call.caller);
      call.ctx.set('ETag', hostEtag(dryRun ? before : host));
      return { serial, revision: namedCommit(earlier), changes: fieldChanges(before, host) };
    },
    /** The cluster as a file: a bundle of its repository, as it stands at one moment. */
    async backUp({ ctx }) {
      const { head, bytes, content } = await backups.make();
      ctx.attachment(`${config().cluster}-${head.slice(0, 10)}.bundle`);
      ctx.type = 'application/x-git-bundle';
      ctx.length = bytes;
      ctx.set('X-Imago-Commit', head);
      endWhenSlow(ctx.res);
      return content;
    },
  } satisfies Partial<Handlers>;
}

function shownChange(change: LoggedChange): ApiChange {
  const { time, author, serial = '', record, what, state } = change;
  return {
    commit: namedCommit(change),
    time: time.toISOString(),
    author,
    serial,
    ...(record !== undefined && { record }),
    what,
    ...(state !== undefined && { state }),
  };
}

function fieldChanges(before: Host | undefined, after: Host | undefined): FieldChange[] {
  return asJson(diffHosts(before, after));
}

/** As JSON has them: a field that is not set is left out. */
export function asJson(changes: readonly FieldDifference[]): FieldChange[] {
  return JSON.parse(JSON.stringify(changes)) as FieldChange[];
}
