import { Door } from './door.js';
import { failureAt } from './exchange.js';
import { chainShownBy, type ShownChain } from './trusting-agent.js';

const PATIENCE_MS = 10_000;

/**
 * The certificates that a server shows to whoever comes. Nothing is asked of it.
 * @param authorities in PEM, that are to vouch for it; without them those that Node trusts
 * @throws ServerUnreachable
 */
export async function shownBy(baseUrl: string, authorities?: string): Promise<ShownChain> {
  const { hostname, port } = new URL(baseUrl);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    return await chainShownBy({ hostname, port: Number(port || 443) }, { authorities, signal });
  } catch (error) {
    throw failureAt(new Door({ baseUrl }), error, signal, PATIENCE_MS);
  }
}
