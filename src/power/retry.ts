import { setTimeout as delay } from 'node:timers/promises';
import { BmcFault, BmcUnreachable } from './power-errors.js';

/**
 * Tries again what may be repeated without harm, when the BMC was silent or failed: BMCs lose packets and have moments of their
 * own. A wrong password is never tried twice, which would lock the account.
 */
export async function retrying<T>(
  tries: number,
  command: () => Promise<T>,
  signal: AbortSignal | undefined,
  pauseMs: (attempt: number) => number = (attempt) => 500 * 2 ** attempt,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await command();
    } catch (error) {
      const mayHelp = error instanceof BmcUnreachable || error instanceof BmcFault;
      if (!mayHelp || attempt + 1 >= tries) throw error;
      await delay(pauseMs(attempt), undefined, signal ? { signal } : {});
    }
  }
}
