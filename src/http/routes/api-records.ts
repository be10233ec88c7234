import type { Context } from 'koa';
import { diffRecords } from '../../host/record-diff.js';
import { LARGEST_RECORD, contentOf, textOf, type RecordKind } from '../../host/record-kind.js';
import { UnknownKind, UnknownRecord } from '../../provision/errors.js';
import {
  putOrder,
  recordVersion,
  removalOrder,
  rollbackOrder,
  type RecordOrder,
} from '../../provision/record-orders.js';
import type { Handlers } from '../call.js';
import { namedCommit, versionsIn } from '../host-etag.js';
import { readBytes } from '../read-body.js';
import type { HttpServices } from '../services.js';
import { asJson } from './api-past.js';

interface Named {
  readonly kind: string;
  readonly name: string;
}

/** `/api/v1/records`: what the store keeps beside hosts, of every kind alike. */
export function recordHandlers({ store }: Pick<HttpServices, 'store'>) {
  const kindNamed = (name: string): RecordKind => {
    const kind = store.kinds.get(name);
    if (!kind) throw new UnknownKind(name, [...store.kinds.keys()]);
    return kind;
  };
  /** Of one that is there, or was. @throws UnknownKind, UnknownRecord */
  const withPast = async ({ kind: kindName, name }: Named) => {
    const kind = kindNamed(kindName);
    const records = store.records(kind);
    const [last] = await records.history(name, 1);
    if (!last) throw new UnknownRecord(kindName, name);
    return { kind, records, last };
  };
  const orderOf = (ctx: Context, kind: RecordKind, name: string): RecordOrder => ({
    kind,
    name,
    versions: ctx.get('If-Match').trim() === '*' ? ['*'] : versionsIn(ctx),
    isNew: ctx.get('If-None-Match').trim() === '*',
  });
  const tag = (ctx: Context, kind: RecordKind, record: object | undefined) => {
    if (record) ctx.set('ETag', `"${recordVersion(kind, record)}"`);
  };
  return {
    listKinds() {
      const kinds = [...store.kinds.values()].map((kind) => ({
        kind: kind.name,
        count: [...store.records(kind).list()].length,
        isRaw: kind.isRaw === true,
      }));
      return { kinds };
    },
    async listRecords(call) {
      const { after = '', limit } = call.query();
      const records = store.records(kindNamed(call.params.kind));
      const names = Array.from(records.list(), ([name]) => name);
      const page = names
        .filter((name) => name > after)
        .sort((a, b) => (a < b ? -1 : 1))
        .slice(0, limit);
      const shown = [];
      for (const name of page) {
        const [last] = await records.history(name, 1);
        // One that was removed meanwhile is not there any more.
        if (last && records.get(name)) shown.push({ name, revision: namedCommit(last) });
      }
      return { records: shown, total: names.length };
    },
    getRecord({ ctx, params }) {
      const kind = kindNamed(params.kind);
      const record = store.records(kind).get(params.name);
      if (!record) throw new UnknownRecord(params.kind, params.name);
      tag(ctx, kind, record);
      ctx.type = 'application/octet-stream';
      return contentOf(kind, record);
    },
    async putRecord(call) {
      const { ctx, params, caller } = call;
      const kind = kindNamed(params.kind);
      const records = store.records(kind);
      const content = await readBytes(ctx, LARGEST_RECORD);
      const record = kind.parse(textOf(kind, content), `${kind.name}/${params.name}`);
      const changed = await records.change(
        params.name,
        putOrder(orderOf(ctx, kind, params.name), record),
        caller,
      );
      const { last } = await withPast(params);
      tag(ctx, kind, record);
      return {
        kind: kind.name,
        name: params.name,
        revision: namedCommit(last),
        changed: changed !== undefined,
      };
    },
    async removeRecord({ ctx, params, caller }) {
      const kind = kindNamed(params.kind);
      await store.records(kind).change(params.name, removalOrder(orderOf(ctx, kind, params.name)), caller);
    },
    async getRecordHistory(call) {
      const { limit } = call.query();
      const { records } = await withPast(call.params);
      const history = (await records.history(call.params.name, limit)).map((entry) => ({
        commit: namedCommit(entry),
        time: entry.time.toISOString(),
        author: entry.author,
        what: entry.what,
      }));
      return { history };
    },
    async getRecordDiff(call) {
      const { from, to } = call.query();
      const { name } = call.params;
      const { kind, records } = await withPast(call.params);
      const before = await records.at(name, from);
      const after = to === undefined ? undefined : await records.at(name, to);
      return {
        kind: kind.name,
        name,
        from: namedCommit(before),
        ...(after && { to: namedCommit(after) }),
        changes: asJson(diffRecords(kind, before.record, after ? after.record : records.get(name))),
      };
    },
    async rollBackRecord(call) {
      const { ctx, params, caller } = call;
      const { revision, dryRun } = await call.body();
      const { kind, records } = await withPast(params);
      const earlier = await records.at(params.name, revision);
      const decide = rollbackOrder(orderOf(ctx, kind, params.name), earlier);
      let before = records.get(params.name);
      if (dryRun) decide(before);
      else {
        await records.change(
          params.name,
          (current) => {
            before = current;
            return decide(current);
          },
          caller,
        );
      }
      tag(ctx, kind, dryRun ? before : earlier.record);
      return {
        kind: kind.name,
        name: params.name,
        revision: namedCommit(earlier),
        changes: asJson(diffRecords(kind, before, earlier.record)),
      };
    },
  } satisfies Partial<Handlers>;
}
