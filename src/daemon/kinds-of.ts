import type { Config } from '../config/schema.js';
import type { RecordKind } from '../host/record-kind.js';

/** What the store keeps beside hosts, as the configuration wants it. */
export async function kindsOf({ matchbox }: Pick<Config, 'matchbox'>): Promise<readonly RecordKind[]> {
  if (!matchbox.records) return [];
  const { matchboxKinds } = await import('../dialects/matchbox/records/record-kinds.js');
  return matchboxKinds;
}
