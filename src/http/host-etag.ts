import type { Context } from 'koa';
import type { Host } from '../host/host.js';
import { hostVersion } from '../host/host-version.js';
import type { HistoryEntry } from '../host/host-store.js';

/** A strong entity tag (RFC 9110 §8.8.3). */
export function hostEtag(host: Host): string {
  return `"${hostVersion(host)}"`;
}

/** The versions that `If-Match` names (RFC 9110 §13.1.1); undefined without the header, or where any version will do. */
export function versionsIn(ctx: Pick<Context, 'get'>): readonly string[] | undefined {
  const header = ctx.get('If-Match').trim();
  if (header === '' || header === '*') return undefined;
  return header.split(',').flatMap((tag) => /^"(.*)"$/.exec(tag.trim())?.[1] ?? []);
}

/** What the API calls the commit of a change; in a store without commits, the revision. */
export function namedCommit({ revision, commit }: Pick<HistoryEntry, 'revision' | 'commit'>): string {
  return commit ?? revision;
}
