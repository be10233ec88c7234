import type { ApiHost } from '../../api/schemas.js';
import { listFieldNames } from '../render-list.js';
import { settingNames, valuesOfSetting } from '../settings.js';

/** As much of a command as completing it needs; what oclif's manifest holds. */
export interface CompletableCommand {
  readonly id: string;
  readonly hidden?: boolean | undefined;
  /** Whether it takes only the arguments that it names. */
  readonly strict?: boolean | undefined;
  readonly args: Readonly<Record<string, CompletableArgument>>;
  readonly flags: Readonly<Record<string, CompletableFlag>>;
}

interface CompletableArgument {
  readonly name: string;
  readonly options?: readonly string[] | undefined;
}

interface CompletableFlag {
  readonly name: string;
  readonly type: 'boolean' | 'option';
  readonly char?: string | undefined;
  readonly hidden?: boolean | undefined;
  readonly allowNo?: boolean | undefined;
  readonly options?: readonly string[] | undefined;
}

/** Words that the fleet holds. */
type FleetTopic = 'serials' | 'profiles' | 'tags';

/** Words that have to be looked up: the daemon knows most, servers stand where logins are kept. */
export type Topic = FleetTopic | 'pending' | 'tokens' | 'servers';

export interface Proposal {
  /** Fit as they are. */
  readonly words: readonly string[];
  /** To be looked up. */
  readonly topics: readonly Topic[];
}

const SERIALS: Proposal = { words: [], topics: ['serials'] };
const PENDING: Proposal = { words: [], topics: ['pending'] };

/** Where the words before the cursor decide, not their number. */
const argumentsOf: Readonly<Record<string, (before: readonly string[]) => Proposal>> = {
  accept: () => PENDING,
  reject: () => PENDING,
  explain: () => SERIALS,
  images: (before) => ({ words: imageWords(before), topics: [] }),
  set: (before) => {
    if (before.at(-1) === 'profile') return { words: [], topics: ['profiles'] };
    const values = valuesOfSetting(before.at(-1) ?? '');
    if (values.length > 0) return { words: values, topics: [] };
    return { words: before.length > 1 ? settingNames : [], topics: ['serials'] };
  },
  token: (before) => {
    if (before.length === 1) return { words: ['create', 'list', 'revoke'], topics: [] };
    return before[1] === 'revoke' ? { words: [], topics: ['tokens'] } : NOTHING;
  },
};

function imageWords(before: readonly string[]): readonly string[] {
  if (before.length === 1) return ['list', 'fetch', 'verify', 'remove', 'import', 'cancel'];
  return before.length === 2 && before[1] === 'fetch' ? ['flatcar', 'fedora-coreos', 'debian'] : [];
}

const flagValues: Readonly<Record<string, Proposal>> = {
  host: { words: [], topics: ['servers'] },
  profile: { words: [], topics: ['profiles'] },
  tag: { words: [], topics: ['tags'] },
  fields: { words: listFieldNames, topics: [] },
};

/** `--fields=ip,se` */
const ASSIGNMENT = /^(--[a-z-]+=)(.*)$/;

const NOTHING: Proposal = { words: [], topics: [] };

/**
 * What may come next on a command line.
 * @param typed The words after the program's name up to the cursor; the last is the one being written, '' for a new one.
 */
export function propose(typed: readonly string[], commands: readonly CompletableCommand[]): Proposal {
  const words = typed
    .filter((word) => word !== '=') // bash takes --flag=value for three words
    .flatMap((word) => {
      const [, flag = '', value = ''] = ASSIGNMENT.exec(word) ?? [];
      return flag ? [flag.slice(0, -1), value] : [word];
    });
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const visible = commands.filter(({ hidden }) => !hidden);
  const names = { words: visible.map((command) => command.id), topics: [] };
  const [id] = before;
  if (id === undefined || (id === 'help' && before.length === 1)) return names;
  const command = commands.find((candidate) => candidate.id === id);
  if (!command) return NOTHING;
  const flags = Object.values(command.flags).filter(({ hidden }) => !hidden);
  const asked = flagThatWantsValue(before.at(-1) ?? '', flags);
  if (asked) return flagValues[asked.name] ?? { words: asked.options ?? [], topics: [] };
  if (current.startsWith('-')) return { words: flags.flatMap(spellings), topics: [] };
  return argumentsOf[id]?.(before) ?? argumentAt(positionOf(before.slice(1), flags), command);
}

/** Those that go on from what is written; in a list from its last part, after `--flag=` from its value. */
export function matching(words: readonly string[], current: string): string[] {
  const [, assigned = '', value = current] = ASSIGNMENT.exec(current) ?? [];
  const listed = value.slice(0, value.lastIndexOf(',') + 1);
  const part = value.slice(listed.length);
  return words.filter((word) => word.startsWith(part)).map((word) => assigned + listed + word);
}

export function isOfFleet(topic: Topic): topic is FleetTopic {
  return topic === 'serials' || topic === 'profiles' || topic === 'tags';
}

/** What the fleet holds of it. */
export function wordsOf(hosts: readonly ApiHost[], topics: readonly Topic[]): string[] {
  const words: Readonly<Record<FleetTopic, (host: ApiHost) => readonly string[]>> = {
    serials: ({ serial }) => [serial],
    profiles: ({ profile }) => (profile === undefined ? [] : [profile]),
    tags: ({ metadata }) => metadata,
  };
  return [...new Set(topics.filter(isOfFleet).flatMap((topic) => hosts.flatMap(words[topic])))].sort();
}

function flagThatWantsValue(word: string, flags: readonly CompletableFlag[]): CompletableFlag | undefined {
  return flags.find(
    ({ name, char, type }) =>
      type === 'option' && (word === `--${name}` || (char !== undefined && word === `-${char}`)),
  );
}

/** How many arguments stand before the cursor, flags and their values apart. */
function positionOf(words: readonly string[], flags: readonly CompletableFlag[]): number {
  return words.filter(
    (word, index) => !word.startsWith('-') && !flagThatWantsValue(words[index - 1] ?? '', flags),
  ).length;
}

/** Commands that take any number of words take serials after their arguments. */
function argumentAt(position: number, { args, strict }: CompletableCommand): Proposal {
  const argument = Object.values(args)[position];
  if (argument?.options) return { words: argument.options, topics: [] };
  return argument?.name === 'serial' || (argument === undefined && strict === false) ? SERIALS : NOTHING;
}

function spellings({ name, allowNo }: CompletableFlag): string[] {
  return allowNo ? [`--${name}`, `--no-${name}`] : [`--${name}`];
}
