import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '../api/client.js';
import { ServerUnreachable } from '../api/errors.js';
import type { LoginBegun } from '../api/logins.js';

export interface LoginElsewhereParts {
  readonly api: Pick<ApiClient, 'beginLogin' | 'loginState'>;
  /** Told where somebody is to agree. */
  readonly tell: (begun: LoginBegun) => void;
  readonly pause?: (milliseconds: number) => Promise<unknown>;
}

/**
 * Logs in by OpenID Connect: imago begins it, somebody agrees in a browser of his, and the token is asked for until then.
 * @returns the token
 * @throws what imago answers where nobody agrees
 */
export async function logInElsewhere({ api, tell, pause = delay }: LoginElsewhereParts): Promise<string> {
  const begun = await api.beginLogin();
  tell(begun);
  for (;;) {
    await pause(begun.interval * 1000);
    try {
      const state = await api.loginState(begun.id);
      if (state.status === 'done') return state.token;
    } catch (error) {
      // Whoever agrees meanwhile need not do it again.
      if (!(error instanceof ServerUnreachable)) throw error;
    }
  }
}
