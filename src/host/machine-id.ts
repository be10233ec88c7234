import { createHash } from 'node:crypto';
import type { Host } from './host.js';

/**
 * A host's id for `/etc/machine-id` (machine-id(5)): 32 hex digits. Without one of its own, as hosts have that came from a Mayu, it
 * follows from the serial, so that a machine keeps it however often it is installed.
 */
export function machineIdOf({ machineId, serial }: Pick<Host, 'machineId' | 'serial'>): string {
  if (machineId !== undefined) return machineId;
  const id = createHash('sha256').update(`machine-id of ${serial}`).digest().subarray(0, 16);
  // RFC 9562 §4.1, §4.2: the bits of a random UUID, as systemd sets them.
  id.writeUInt8((id.readUInt8(6) & 0x0f) | 0x40, 6);
  id.writeUInt8((id.readUInt8(8) & 0x3f) | 0x80, 8);
  return id.toString('hex');
}
