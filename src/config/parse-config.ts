import { isScalar, LineCounter, parseDocument, type Document, type YAMLError } from 'yaml';
import { cleanText, ImagoError } from '../errors.js';
import { readableText, type NotText } from './config-text.js';
import { crossCheck } from './cross-checks.js';
import { IssueReader, UNWORDED } from './explain-issue.js';
import { showPath, valueAt, type Fault, type FaultPath } from './fault.js';
import { completed, configSchema, type Config } from './schema.js';
import { soundParts } from './sound-parts.js';
import { offsetOf } from './yaml-place.js';

/** A fault and where in the file it stands; line and column count from 1. */
export interface LocatedFault extends Fault {
  readonly line: number;
  readonly column: number;
}

export class ConfigInvalid extends ImagoError {
  readonly code = 'CONFIG_INVALID';

  constructor(
    readonly file: string,
    readonly faults: readonly LocatedFault[],
  ) {
    const lines = faults.map(
      ({ line, column, path, message }) =>
        `${file}:${line}:${column}: ${[showPath(path), message].filter(Boolean).join(': ')}`,
    );
    super(
      `${faults.length === 1 ? 'one fault' : `${faults.length} faults`} in the configuration\n${lines.join('\n')}`,
    );
  }
}

/**
 * @param moreFaults What only a look at the world can tell (files that are missing): asked when the text itself is sound.
 * @throws ConfigInvalid with all faults of the text, in the order of its lines.
 */
export function parseConfig(
  source: string | Uint8Array,
  file: string,
  moreFaults: (config: Config) => readonly Fault[] = () => [],
): Config {
  const read = readableText(source);
  if (typeof read !== 'string') throw notText(read, file);
  const { document, locate } = parseYaml(read, file);
  const at = (fault: Fault) => locate(fault, offsetOf(document, fault.path));
  const fail = (faults: readonly Fault[]) =>
    new ConfigInvalid(
      file,
      faults.map(at).sort((a, b) => a.line - b.line || a.column - b.column),
    );
  const raw = plainValues(document, fail);
  if (raw === null || raw === undefined)
    throw fail([{ path: [], message: 'the file is empty: begin with a copy of conf/imago.yaml' }]);
  if (typeof raw !== 'object' || Array.isArray(raw)) throw fail([{ path: [], message: NO_SETTINGS }]);
  const reader = new IssueReader({ raw, written: (path) => writtenAt(document, path) });
  const result = configSchema.safeParse(raw, { error: () => UNWORDED });
  const ofSchema = result.success ? [] : result.error.issues.flatMap((issue) => reader.faultsOf(issue));
  const sound = result.success ? result.data : (soundParts(configSchema, raw) ?? {});
  const ofCrossCheck = crossCheck(sound, (path) => valueAt(raw, path) !== undefined);
  const faults = eachPlaceOnce(ofSchema, ofCrossCheck);
  if (!result.success || faults.length > 0) throw fail(faults);
  const config = completed(result.data);
  const more = moreFaults(config);
  if (more.length > 0) throw fail(more);
  return config;
}

/** What is not even of the right kind is not also too long, or unknown. */
function eachPlaceOnce(ofSchema: readonly Fault[], ofCrossCheck: readonly Fault[]): Fault[] {
  const first = new Map<string, Fault>();
  for (const fault of ofSchema) {
    const place = JSON.stringify(fault.path);
    if (!first.has(place)) first.set(place, fault);
  }
  return [...first.values(), ...ofCrossCheck.filter(({ path }) => !first.has(JSON.stringify(path)))];
}

const NO_SETTINGS =
  'the file holds no settings: write them as in cluster: rack1, and begin with a copy of conf/imago.yaml';

type Locate = (fault: Fault, offset: number) => LocatedFault;

/** @throws ConfigInvalid */
function parseYaml(text: string, file: string): { document: Document.Parsed; locate: Locate } {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const locate: Locate = (fault, offset) => {
    const { line, col } = lineCounter.linePos(offset);
    return { ...fault, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  // A warning is a tag that nobody knows, which would be passed over.
  const errors = [...document.errors, ...document.warnings];
  if (errors.length === 0) return { document, locate };
  const faults = errors.map((error) =>
    locate({ path: [], message: `is not YAML: ${cleanText(yamlFault(error))}` }, error.pos[0]),
  );
  throw new ConfigInvalid(file, faults);
}

const yamlFaults: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'a second document begins here: remove the line ---',
  DUPLICATE_KEY: 'the same name stands above already, and names must be unique: keep one of them',
  TAB_AS_INDENT: 'a tab stands where blanks belong: indent with blanks',
};

function yamlFault({ code, message }: YAMLError): string {
  return yamlFaults[code] ?? message;
}

/** @throws ConfigInvalid */
function plainValues(document: Document.Parsed, fail: (faults: readonly Fault[]) => ConfigInvalid): unknown {
  let raw: unknown;
  try {
    raw = document.toJS();
  } catch (error) {
    // An alias without its anchor, or a bomb of aliases.
    if (!(error instanceof ReferenceError)) throw error;
    throw fail([{ path: [], message: `is not YAML: ${cleanText(error.message)}` }]);
  }
  const odd = oddPlaces(raw);
  if (odd.length > 0) throw fail(odd);
  return raw;
}

const DEEPEST = 64;

/** What no plain value can hold: names that objects lose silently, and values that hold themselves. */
function oddPlaces(raw: unknown, path: FaultPath = [], around: readonly unknown[] = []): Fault[] {
  if (typeof raw !== 'object' || raw === null) return [];
  if (around.includes(raw)) return [{ path, message: 'is an alias for what it stands in: write it out' }];
  if (around.length > DEEPEST) return [{ path, message: `is nested too deeply: ${DEEPEST} levels at most` }];
  const within = [...around, raw];
  if (Array.isArray(raw))
    return raw.flatMap((value: unknown, index) => oddPlaces(value, [...path, index], within));
  return Object.entries(raw).flatMap(([key, value]) =>
    key === '__proto__'
      ? [{ path: [...path, key], message: 'is a name that nothing can be stored under: choose another one' }]
      : oddPlaces(value, [...path, key], within),
  );
}

function notText({ text, offset, message }: NotText, file: string): ConfigInvalid {
  const before = text.slice(0, offset).split('\n');
  return new ConfigInvalid(file, [
    { path: [], message, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 },
  ]);
}

/** Numbers, true and false as they are written: 1.10 is not 1.1. */
function writtenAt(document: Document.Parsed, path: FaultPath): string | undefined {
  const node = document.getIn(path, true);
  return isScalar(node) && typeof node.value !== 'string' && node.value !== null ? node.source : undefined;
}
