import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readIfPresent } from '../files/if-present.js';
import type { CompletableCommand } from './completion/candidates.js';
import { type ConnectionWords, thisOperator } from './connection.js';
import { doorTo } from './door.js';
import { wantsColor } from './terminal.js';
import { stateNames } from '../api/state-names.js';
import { renderColumns } from './columns.js';
import { defaultListFields, inOrder, listColumns } from './render-list.js';
import { selectHosts, whyNoneIsListed, type Selector } from './targets.js';

interface Program {
  readonly root: string;
  readonly bin: string;
}

/** Whoever sets these wants something of oclif. */
const SWITCHES = ['DEBUG', 'IMAGOCTL_CONTENT_TYPE'];

/**
 * People wait for these two, a list and what may come next on a command line, and to load oclif takes longer than either. What is
 * plain is answered here; all else, and whatever is wrong with a line, is left to the commands: docs/decisions/quick-lane.md.
 */
export async function quickLane(words: readonly string[], { root, bin }: Program): Promise<boolean> {
  if (SWITCHES.some((name) => process.env[name] !== undefined)) return false;
  const list = plainList(words);
  if (list) {
    await printList(list, { root, bin, color: wantsColor() });
    return true;
  }
  if (words[0] !== 'complete' || words[1] !== '--') return false;
  const commands = await commandsIn(join(root, 'oclif.manifest.json'));
  if (!commands) return false;
  const { complete } = await import('./completion/complete.js');
  const candidates = await complete(words.slice(2), commands, { root });
  process.stdout.write(candidates.map((candidate) => `${candidate}\n`).join(''));
  return true;
}

/** What the build wrote down of them; undefined when it did not. */
async function commandsIn(file: string): Promise<CompletableCommand[] | undefined> {
  const text = await readIfPresent(file);
  if (text === undefined) return undefined;
  const manifest = JSON.parse(text) as {
    readonly commands: Readonly<Record<string, CompletableCommand>>;
  };
  return [...Object.values(manifest.commands), { id: 'help', args: {}, flags: {} }];
}

interface ListRequest {
  readonly words: ConnectionWords;
  readonly selector: Selector;
  readonly fields: string;
  readonly legend: boolean;
}

/** Flags of `list` that are plain; the others, and what is wrong, are for the command itself. */
const options = {
  host: { type: 'string' },
  port: { type: 'string' },
  tls: { type: 'boolean' },
  'no-tls': { type: 'boolean' },
  profile: { type: 'string', multiple: true },
  state: { type: 'string', multiple: true },
  tag: { type: 'string', multiple: true },
  fields: { type: 'string' },
  'no-legend': { type: 'boolean' },
} as const;

/** undefined: not a plain call of `list`. */
export function plainList(words: readonly string[]): ListRequest | undefined {
  const [command, ...args] = words;
  if (command !== 'list') return undefined;
  const values = plainValues(args);
  if (!values || (values.tls && values['no-tls'])) return undefined;
  const state = stateNames.filter((name) => values.state?.includes(name));
  if (values.state?.some((word) => !stateNames.some((name) => name === word))) return undefined;
  const { host, port, profile, tag, fields = defaultListFields } = values;
  return {
    words: { host, port, tls: values['no-tls'] ? false : values.tls },
    selector: { profile, state, tag },
    fields,
    legend: !values['no-legend'],
  };
}

function plainValues(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    // ERR_PARSE_ARGS_…
    if (error instanceof TypeError && 'code' in error) return undefined;
    throw error;
  }
}

/** What `list` prints, without what it takes to load a whole command line. @throws as the command does */
export async function printList(
  { words, selector, fields, legend }: ListRequest,
  { root, bin, color }: Program & { readonly color: boolean },
): Promise<void> {
  listColumns(fields); // whose fault is told before the daemon is asked
  const door = await doorTo(words, root);
  const { ApiClient } = await import('../api/client.js');
  const api = new ApiClient({ ...door, operator: thisOperator() });
  const hosts = selectHosts(await api.hosts(), selector);
  if (hosts.length === 0) process.stderr.write(`${bin}: ${whyNoneIsListed(selector)}\n`);
  const lines = renderColumns(inOrder(hosts), listColumns(fields, hosts), { legend, color });
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}
