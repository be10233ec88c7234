import type { ApiClient } from '../api/client.js';
import { ApiProblem } from '../api/errors.js';
import type { ApiHost } from '../api/schemas.js';

/** Above this, one call for the whole fleet costs the daemon less than one for each machine. */
const FEW = 8;

/** The machines as the daemon knows them, by the words they were asked for with; unknown ones are left out. */
export async function findHosts(
  api: ApiClient,
  serials: readonly string[],
): Promise<ReadonlyMap<string, ApiHost>> {
  const found = serials.length > FEW ? await fromFleet(api, serials) : await oneByOne(api, serials);
  return new Map(found.flatMap(({ serial, host }) => (host ? [[serial, host] as const] : [])));
}

async function fromFleet(api: ApiClient, serials: readonly string[]) {
  const fleet = new Map((await api.hosts()).map((host) => [host.serial, host]));
  return serials.map((serial) => ({ serial, host: fleet.get(serial.toLowerCase()) }));
}

function oneByOne(api: ApiClient, serials: readonly string[]) {
  return Promise.all(
    serials.map(async (serial) => {
      try {
        return { serial, host: await api.host(serial) };
      } catch (error) {
        if (error instanceof ApiProblem && error.status === 404) return { serial, host: undefined };
        throw error;
      }
    }),
  );
}
