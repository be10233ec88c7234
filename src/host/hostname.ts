import type { Host } from './host.js';

/** A host's name: its own, else its serial, always fit for a host name (RFC 1123 §2.1: letters, digits and hyphens, 63 at most). */
export function hostnameOf({ hostname, serial }: Pick<Host, 'hostname' | 'serial'>): string {
  if (hostname !== undefined) return hostname;
  return serial
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|(?<!-)-+$/g, '');
}
