import { z } from 'zod';
import { tryParseIpv4 } from '../net/ipv4.js';
import { hostToJson, type HostJson } from './host-json.js';
import type { Host } from './host.js';
import { hostnameOf } from './hostname.js';
import { machineIdOf } from './machine-id.js';

/**
 * A host as Mayu's programs expect it. Name and machine id are always there. A BMC that is known by a name is left out: they read the
 * whole fleet at once, and refuse all of it for one address that is none.
 */
export function hostToMayuJson(host: Host): HostJson {
  const { IPMIAddr, ...rest } = hostToJson(host);
  return {
    ...rest,
    ...(isIpAddress(IPMIAddr) && { IPMIAddr }),
    Enabled: true,
    Hostname: hostnameOf(host),
    MachineID: machineIdOf(host),
  };
}

/** What Go's `net.IP` takes: an IPv4 or IPv6 address, without a zone. */
export function isIpAddress(value: unknown): boolean {
  return (
    typeof value === 'string' && (tryParseIpv4(value) !== undefined || z.ipv6().safeParse(value).success)
  );
}
