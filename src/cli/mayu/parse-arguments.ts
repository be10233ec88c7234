import { UsageError } from '../errors.js';

/** The flags of mayuctl 0.11, of all its commands, and the file of a CA: Mayu's trusts those of its computer alone. */
const flags = {
  host: 'text',
  port: 'text',
  fields: 'text',
  'tls-ca': 'text',
  'no-tls': 'boolean',
  debug: 'boolean',
  verbose: 'boolean',
  'no-legend': 'boolean',
  'update-versions': 'boolean',
  help: 'boolean',
} as const;
const shortFlags: Readonly<Record<string, string>> = { d: 'debug', v: 'verbose', h: 'help' };

export interface MayuArguments {
  readonly words: readonly string[];
  readonly text: Readonly<Record<string, string>>;
  readonly on: ReadonlySet<string>;
  /** Switches that were said to be off. */
  readonly off: ReadonlySet<string>;
}

/**
 * As cobra reads a command line: flags anywhere, `--flag value`, `--flag=value`, `--switch`, `--switch=false`.
 * @throws UsageError
 */
export function parseMayuArguments(argv: readonly string[]): MayuArguments {
  const words: string[] = [];
  const text: Record<string, string> = {};
  const on = new Set<string>();
  const off = new Set<string>();
  const left = [...argv];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === '--') {
      words.push(...left);
      break;
    }
    const [, dashes, given, assigned] = /^(--?)([a-z][a-z-]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (given === undefined) {
      words.push(word);
      continue;
    }
    const name = dashes === '-' ? shortFlags[given] : given;
    const kind = name !== undefined && isFlag(name) ? flags[name] : undefined;
    if (name === undefined || kind === undefined)
      throw new UsageError(`unknown flag: ${word}; see mayuctl --help`);
    if (kind === 'text') {
      const value = assigned ?? left.shift();
      if (value === undefined) throw new UsageError(`flag needs an argument: --${name}`);
      text[name] = value;
    } else if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(assigned ?? 'true')) {
      on.add(name);
      off.delete(name);
    } else if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(assigned ?? '')) {
      on.delete(name);
      off.add(name);
    } else throw new UsageError(`--${name} is true or false, not ${assigned}`);
  }
  return { words, text, on, off };
}

function isFlag(name: string): name is keyof typeof flags {
  return Object.hasOwn(flags, name);
}
