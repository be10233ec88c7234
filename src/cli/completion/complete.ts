import type { ApiHost } from '../../api/schemas.js';
import { ImagoError } from '../../errors.js';
import { commandFirst } from '../command-first.js';
import { baseUrlOf, type Connection, thisOperator } from '../connection.js';
import { matching, propose, wordsOf, type CompletableCommand } from './candidates.js';

const PATIENCE_MS = 1000;

/**
 * What may come next on a command line.
 * @param words Those after the program's name up to the cursor; the last is the one being written.
 * @param connection Where the daemon is, unless the line says it.
 */
export async function complete(
  words: readonly string[],
  commands: readonly CompletableCommand[],
  connection: Connection,
): Promise<string[]> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const { words: fixed, topics } = propose([...commandFirst(before), current], commands);
  const known = topics.length > 0 ? wordsOf(await fleetAt(connectionOf(before, connection)), topics) : [];
  return matching([...new Set([...fixed, ...known])], current);
}

/** Whoever presses a key does not want to read that the daemon is away. */
async function fleetAt(connection: Connection): Promise<readonly ApiHost[]> {
  try {
    const baseUrl = baseUrlOf(connection);
    const { ApiClient } = await import('../../api/client.js');
    return await new ApiClient({ baseUrl, operator: thisOperator(), timeoutMs: PATIENCE_MS }).hosts();
  } catch (error) {
    if (error instanceof ImagoError) return [];
    throw error;
  }
}

function connectionOf(words: readonly string[], { host, port, tls }: Connection): Connection {
  const valueOf = (flag: string): string | undefined => {
    const assigned = words.findLast((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1);
    const at = words.lastIndexOf(flag);
    return assigned ?? (at < 0 ? undefined : words[at + 1]);
  };
  return {
    host: valueOf('--host') ?? host,
    port: valueOf('--port') ?? port,
    tls: words.includes('--tls') || (tls && !words.includes('--no-tls')),
  };
}
