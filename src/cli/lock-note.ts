import type { ApiHost } from '../api/schemas.js';

/** What a dry run adds of a machine that would refuse it. */
export function lockNote({ lock }: Pick<ApiHost, 'lock'>): string {
  return lock === undefined ? '' : `; refused: it is locked by ${lock.by}: ${lock.reason}`;
}
