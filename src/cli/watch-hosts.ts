import { setTimeout as pause } from 'node:timers/promises';
import type { ApiClient } from '../api/client.js';
import { ServerUnreachable } from '../api/errors.js';
import type { ApiHost } from '../api/schemas.js';

/** The fleet at one moment; with a fault where the daemon did not answer, and the machines as they were last seen. */
export interface Look {
  readonly hosts: readonly ApiHost[];
  readonly fault?: ServerUnreachable;
}

/** Looks again and again, for ever. Ends with an error only when the first look fails: a daemon may be restarted later. */
export async function* watchHosts(
  api: Pick<ApiClient, 'hosts'>,
  intervalSeconds: number,
): AsyncGenerator<Look> {
  let hosts: readonly ApiHost[] = await api.hosts();
  yield { hosts };
  for (;;) {
    await pause(intervalSeconds * 1000);
    try {
      hosts = await api.hosts();
      yield { hosts };
    } catch (error) {
      if (!(error instanceof ServerUnreachable)) throw error;
      yield { hosts, fault: error };
    }
  }
}
