import type { HistoryEntry } from '../host/host-store.js';

/** What the API calls the commit of a change; in a store without commits, the revision. */
export function namedCommit({ revision, commit }: Pick<HistoryEntry, 'revision' | 'commit'>): string {
  return commit ?? revision;
}
