import type { Handlers } from '../call.js';
import type { HttpServices } from '../services.js';

/** Never values. */
export function secretHandlers({ secrets }: Pick<HttpServices, 'secrets'>) {
  return {
    async listSecrets() {
      const listed = await secrets.list();
      return {
        secrets: listed.map(({ name, kind, fingerprint, fault, profiles, hosts, last }) => ({
          name,
          kind,
          ...(fingerprint !== undefined && { fingerprint }),
          ...(fault !== undefined && { fault }),
          ...(profiles && { profiles: [...profiles] }),
          ...(hosts && { hosts: [...hosts] }),
          ...(last && { lastHandedOut: { ...last, time: last.time.toISOString() } }),
        })),
      };
    },
  } satisfies Partial<Handlers>;
}
