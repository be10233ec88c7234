import type { Revision } from '../host/host-store.js';
import type { ObjectId } from '../git/object.js';

/** A revision, taken apart: its commit, and the record where the commit changed several. */
export interface RevisionParts {
  readonly commit: ObjectId;
  readonly key: string | undefined;
}

/** The commit; with the serial, or the name of another record, where the commit changed others as well: one that an operator made, or a merge. */
export function revisionOf(commit: ObjectId, key: string, isShared: boolean): Revision {
  return (isShared ? `${commit}.${key}` : commit) as Revision;
}

const WHOLE = /^([0-9a-f]{40})(?:\.(.+))?$/;

/** Undefined for what is no revision of this store. */
export function partsOfRevision(revision: string): RevisionParts | undefined {
  const [, commit, key] = WHOLE.exec(revision) ?? [];
  return commit === undefined ? undefined : { commit, key };
}

const BEGINNING = /^[0-9a-f]{4,40}(?:\.|$)/;

/** A revision, or four or more digits of its beginning, as people write them; undefined for what names none. */
export function beginningOfRevision(text: string): string | undefined {
  const lower = text.toLowerCase();
  return BEGINNING.test(lower) ? lower : undefined;
}
