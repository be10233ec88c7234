import { hash } from 'node:crypto';
import type { Host } from './host.js';

/**
 * A host's id for `/etc/machine-id` (machine-id(5)): 32 hex digits. Without one of its own, as hosts have that came from a Mayu, it
 * follows from the serial, so that a machine keeps it however often it is installed.
 */
export function machineIdOf({ machineId, serial }: Pick<Host, 'machineId' | 'serial'>): string {
  if (machineId !== undefined) return machineId;
  const id = hash('sha256', `machine-id of ${serial}`);
  // RFC 9562 §4.1, §4.2: the bits of a random UUID, as systemd sets them.
  const variant = '89ab'.charAt(Number.parseInt(id.charAt(16), 16) & 3);
  return `${id.slice(0, 12)}4${id.slice(13, 16)}${variant}${id.slice(17, 32)}`;
}
