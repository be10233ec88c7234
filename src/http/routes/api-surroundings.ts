import { openApiDocument } from '../../api/openapi.js';
import { formatIpv4 } from '../../net/ipv4.js';
import type { Handlers } from '../call.js';
import type { HttpServices } from '../services.js';

type Ports = Pick<HttpServices, 'store' | 'leases' | 'config' | 'reload' | 'version'>;

/** What stands around the hosts: leases, profiles, imago itself. */
export function surroundingsHandlers({ store, leases, config, reload, version }: Ports) {
  let document: ReturnType<typeof openApiDocument> | undefined;
  return {
    listLeases: () => ({
      leases: leases.list().map(({ address, mac, clientId, hostname, state, expires }) => {
        const host = store.hostByAddress(address) ?? store.hostByMac(mac);
        return {
          address: formatIpv4(address),
          mac,
          ...(clientId !== undefined && { clientId }),
          ...(hostname !== undefined && { hostname }),
          state,
          expires: expires.toISOString(),
          ...(host && { serial: host.serial }),
        };
      }),
    }),
    listProfiles: () => ({
      profiles: config().profiles.map(({ name, quantity, tags, osVersion }) => ({
        name,
        ...(quantity !== undefined && { quantity }),
        hosts: store.profileCount(name),
        tags,
        osVersion,
      })),
    }),
    reload,
    getVersion: () => ({ version, node: process.version }),
    // Making it takes a tenth of a second, which nobody who never asks should pay at the start.
    document: () => (document ??= openApiDocument(version)),
  } satisfies Partial<Handlers>;
}
