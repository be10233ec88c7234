import { isMap, isPair, isScalar, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import type { z } from 'zod';
import { ImagoError, showValue } from '../errors.js';
import { crossCheck } from './cross-checks.js';
import type { Fault, FaultPath } from './fault.js';
import { configSchema, type Config } from './schema.js';

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
  text: string,
  file: string,
  moreFaults: (config: Config) => readonly Fault[] = () => [],
): Config {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const locate = (fault: Fault, offset: number): LocatedFault => {
    const { line, col } = lineCounter.linePos(offset);
    return { ...fault, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (document.errors.length > 0) {
    throw new ConfigInvalid(
      file,
      document.errors.map((error) =>
        locate({ path: [], message: `is not YAML: ${error.message}` }, error.pos[0]),
      ),
    );
  }
  const at = (fault: Fault) => locate(fault, offsetOf(document, fault.path));
  let raw: unknown;
  try {
    raw = document.toJS();
  } catch (error) {
    // An alias without its anchor, or a bomb of aliases.
    if (!(error instanceof ReferenceError)) throw error;
    throw new ConfigInvalid(file, [locate({ path: [], message: `is not YAML: ${error.message}` }, 0)]);
  }
  const result = configSchema.safeParse(raw);
  const faults = [
    ...(result.success ? [] : result.error.issues.flatMap((issue) => faultsOf(issue, raw))),
    ...crossCheck(raw),
  ];
  if (result.success && faults.length === 0) faults.push(...moreFaults(result.data));
  if (!result.success || faults.length > 0) {
    throw new ConfigInvalid(
      file,
      faults.map(at).sort((a, b) => a.line - b.line || a.column - b.column),
    );
  }
  return result.data;
}

function faultsOf(issue: z.core.$ZodIssue, raw: unknown): Fault[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: `there is no such setting: ${remedyForKey(path)}`,
    }));
  }
  const value = path.reduce<unknown>(
    (inner, step) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined),
    raw,
  );
  if (value === undefined) return [{ path, message: 'is missing' }];
  const message = issue.message.startsWith("'")
    ? issue.message
    : `${showValue(value)} ${lowerFirst(issue.message)}`;
  return [{ path, message }];
}

function remedyForKey(path: FaultPath): string {
  return path.length === 0
    ? 'see docs/configuration.md for all settings'
    : `see ${showPath(path)} in docs/configuration.md for its settings`;
}

function lowerFirst(text: string): string {
  return text.startsWith('Invalid') || text.startsWith('Too') || text.startsWith('Unrec')
    ? `is wrong: ${text}`
    : text;
}

/** The key itself for an unknown one, the value for a wrong one, the nearest thing around it for a missing one. */
function offsetOf(document: Document.Parsed, path: FaultPath): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const step = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (isPair(pair) && isScalar(pair.key)) return pair.key.range?.[0] ?? 0;
    }
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node)) return node.range?.[0] ?? 0;
  }
  return 0;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'range' in value;
}

/** `profiles[1].boot.kernel` */
function showPath(path: FaultPath): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text ? `${text}.${step}` : step),
    '',
  );
}
