import type { Config } from '../config/schema.js';
import type { RecordKind } from '../host/record-kind.js';

/** What the store keeps beside hosts, as the configuration wants it. */
export async function kindsOf({
  matchbox,
  pxeInit,
}: Pick<Config, 'matchbox' | 'pxeInit'>): Promise<readonly RecordKind[]> {
  const kinds: RecordKind[] = [];
  if (matchbox.records) {
    const { matchboxKinds } = await import('../dialects/matchbox/records/record-kinds.js');
    kinds.push(...matchboxKinds);
  }
  if (pxeInit.enabled) {
    const { imageKind, machineKind } = await import('../dialects/pxe-init/netboot-kinds.js');
    kinds.push(imageKind, machineKind);
  }
  return kinds;
}
