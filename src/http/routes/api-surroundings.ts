import type { Router } from '@koa/router';
import { openApiDocument } from '../../api/openapi.js';
import type { LeaseList, ProfileList, Version } from '../../api/schemas.js';
import { formatIpv4 } from '../../net/ipv4.js';
import type { HttpServices } from '../services.js';

/** What stands around the hosts: leases, profiles, imago itself. */
export function addSurroundingsRoutes(
  router: Router,
  { store, leases, config, reload, version }: HttpServices,
): void {
  router.get('/api/v1/leases', (ctx) => {
    const answer: LeaseList = {
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
    };
    ctx.body = answer;
  });

  router.get('/api/v1/profiles', (ctx) => {
    const profiles = config().profiles.map(({ name, quantity, tags, osVersion }) => ({
      name,
      ...(quantity !== undefined && { quantity }),
      hosts: store.profileCount(name),
      tags,
      osVersion,
    }));
    ctx.body = { profiles } satisfies ProfileList;
  });

  router.post('/api/v1/reload', (ctx) => {
    reload();
    ctx.status = 204;
  });

  let document: ReturnType<typeof openApiDocument> | undefined;
  router.get('/api/v1/openapi.json', (ctx) => {
    // Making it takes a tenth of a second, which nobody who never asks should pay at the start.
    document ??= openApiDocument(version);
    ctx.body = document;
  });

  router.get('/api/v1/version', (ctx) => {
    ctx.body = { version, node: process.version } satisfies Version;
  });
}
