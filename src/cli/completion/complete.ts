import type { Token } from '../../api/access.js';
import { ImagoError } from '../../errors.js';
import { commandFirst } from '../command-first.js';
import { type ConnectionWords, thisOperator } from '../connection.js';
import { readCredentials } from '../credentials.js';
import { doorTo, ownCredentials } from '../door.js';
import { isOfFleet, matching, propose, wordsOf, type CompletableCommand } from './candidates.js';

const PATIENCE_MS = 1000;

/**
 * What may come next on a command line.
 * @param words Those after the program's name up to the cursor; the last is the one being written.
 * @param usual Where the daemon is, unless the line says it.
 */
export async function complete(
  words: readonly string[],
  commands: readonly CompletableCommand[],
  { root, ...usual }: ConnectionWords & { readonly root: string },
): Promise<string[]> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const { words: fixed, topics } = propose([...commandFirst(before), current], commands);
  const api = () => enter({ root, ...usual, ...connectionIn(before) });
  const known = await Promise.all([
    topics.some(isOfFleet) ? silently(async () => wordsOf(await (await api()).hosts(), topics)) : [],
    topics.includes('pending') ? silently(async () => pendingWords(await (await api()).pending())) : [],
    topics.includes('tokens') ? silently(async () => tokenWords(await (await api()).tokens())) : [],
    topics.includes('servers') ? silently(knownServers) : [],
  ]);
  return matching([...new Set([...fixed, ...known.flat()])], current);
}

/** Whoever presses a key does not want to read that the daemon is away. */
async function silently(look: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof ImagoError) return [];
    throw error;
  }
}

async function enter({ root, ...words }: ConnectionWords & { readonly root: string }) {
  const door = await doorTo(words, root);
  const { ApiClient } = await import('../../api/client.js');
  return new ApiClient({ ...door, operator: thisOperator(), timeoutMs: PATIENCE_MS });
}

function pendingWords(
  machines: readonly { readonly serial: string; readonly code: string }[],
): readonly string[] {
  return machines.flatMap(({ serial, code }) => [serial, code]);
}

function tokenWords(tokens: readonly Token[]): readonly string[] {
  return [...new Set([...tokens.map(({ name }) => name), ...tokens.map(({ id }) => id)])];
}

/** Hosts that somebody has logged in at. */
async function knownServers(): Promise<readonly string[]> {
  const credentials = await readCredentials(ownCredentials());
  return [...new Set([...credentials.keys()].map((server) => server.replace(/:\d+$/, '')))].sort();
}

/** What the line says of where the daemon is. */
function connectionIn(words: readonly string[]): ConnectionWords {
  const valueOf = (flag: string): string | undefined => {
    const assigned = words.findLast((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1);
    const at = words.lastIndexOf(flag);
    return assigned ?? (at < 0 ? undefined : words[at + 1]);
  };
  const host = valueOf('--host');
  const port = valueOf('--port');
  const tls = words.findLast((word) => word === '--tls' || word === '--no-tls');
  return {
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(tls !== undefined && { tls: tls === '--tls' }),
  };
}
