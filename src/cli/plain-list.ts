import { parseArgs } from 'node:util';
import { stateNames } from '../api/state-names.js';
import { renderColumns } from './columns.js';
import { baseUrlOf, connectionFrom, type Connection } from './connection.js';
import { thisOperator } from './operator.js';
import { defaultListFields, inOrder, listColumns } from './render-list.js';
import { selectHosts, whyNoneIsListed, type Selector } from './targets.js';

type Environment = Readonly<Record<string, string | undefined>>;

interface ListRequest {
  readonly connection: Connection;
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
export function plainList(words: readonly string[], environment: Environment): ListRequest | undefined {
  const [command, ...args] = words;
  if (command !== 'list') return undefined;
  const values = plainValues(args);
  if (!values || (values.tls && values['no-tls'])) return undefined;
  const state = stateNames.filter((name) => values.state?.includes(name));
  if (values.state?.some((word) => !stateNames.some((name) => name === word))) return undefined;
  const usual = connectionFrom(environment);
  const { profile, tag, fields = defaultListFields } = values;
  return {
    connection: {
      host: values.host ?? usual.host,
      port: values.port ?? usual.port,
      tls: values.tls ?? (values['no-tls'] ? false : usual.tls),
    },
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
  { connection, selector, fields, legend }: ListRequest,
  { bin, color }: { readonly bin: string; readonly color: boolean },
): Promise<void> {
  listColumns(fields); // whose fault is told before the daemon is asked
  const baseUrl = baseUrlOf(connection);
  const { ApiClient } = await import('../api/client.js');
  const api = new ApiClient({ baseUrl, operator: thisOperator() });
  const hosts = selectHosts(await api.hosts(), selector);
  if (hosts.length === 0) process.stderr.write(`${bin}: ${whyNoneIsListed(selector)}\n`);
  const lines = renderColumns(inOrder(hosts), listColumns(fields, hosts), { legend, color });
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}
