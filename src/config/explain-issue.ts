import type { z } from 'zod';
import { cleanText, shorten, showValue } from '../errors.js';
import { valueAt, type Fault, type FaultPath } from './fault.js';
import { nearest } from './nearest.js';
import { schemaAt, settingSchema, settingsOf, type SettingSchema } from './setting-schema.js';

/** What the schema's library says where the schema itself says nothing: a mark that words are to be found here. */
export const UNWORDED = '?';

/** What an issue of the schema is about. */
export interface IssueSource {
  /** The document as plain values. */
  readonly raw: unknown;
  /** A number, true or false as it is written in the file. */
  readonly written: (path: FaultPath) => string | undefined;
  /** What is not the configuration: what may stand in it. */
  readonly schema?: SettingSchema;
}

type Issue = z.core.$ZodIssue;

/** Turns what the schema complains of into faults that say what stands there, what is expected, and what was probably meant. */
export class IssueReader {
  #schema: SettingSchema | undefined;

  constructor(private readonly source: IssueSource) {}

  faultsOf(issue: Issue, base: FaultPath = []): Fault[] {
    const path = [...base, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => this.#unknownSetting(path, key));
    if (issue.code === 'invalid_key') return [this.#wrongName(path, issue.issues[0]?.message)];
    if (issue.code === 'invalid_union') {
      const meant = meantForm(issue.errors);
      if (meant) return meant.flatMap((inner) => this.faultsOf(inner, path));
    }
    const value = valueAt(this.source.raw, path);
    if (value === undefined) return [{ path, message: this.#missing(path, issue) }];
    if (value === null) return [{ path, message: this.#empty(path, issue) }];
    if (issue.message !== UNWORDED) return [{ path, message: this.#withValue(path, issue.message) }];
    return [{ path, message: this.#withValue(path, this.#wording(path, value, issue)) }];
  }

  #schemaAt(path: FaultPath): SettingSchema | undefined {
    this.#schema ??= this.source.schema ?? settingSchema();
    return schemaAt(this.#schema, path);
  }

  #unknownSetting(path: FaultPath, key: string): Fault {
    const settings = settingsOf(this.#schemaAt(path));
    const meant = nearest(key, settings);
    const section = path
      .map((step) => (typeof step === 'number' ? '[]' : step))
      .join('.')
      .replaceAll('.[]', '[]');
    const elsewhere = this.source.schema && `choose from ${settings.join(', ')}`;
    const remedy = meant
      ? `did you mean ${meant}?`
      : elsewhere
        ? elsewhere
        : `see ${section === '' ? 'docs/configuration.md for all settings' : `${section} in docs/configuration.md for its settings`}`;
    return { path: [...path, key], message: `there is no such setting: ${remedy}` };
  }

  #wrongName(path: FaultPath, message: string | undefined): Fault {
    return { path, message: `${showValue(path.at(-1))} ${message ?? 'is no name for an entry here'}` };
  }

  #missing(path: FaultPath, issue: Issue): string {
    return `is missing: ${exampleOf(issue) ?? this.#remedy(path, issue)}`;
  }

  #empty(path: FaultPath, issue: Issue): string {
    const remedy = exampleOf(issue) ?? this.#remedy(path, issue);
    return `is empty: ${remedy}${this.#isRequired(path) ? '' : ', or take the line away'}`;
  }

  #isRequired(path: FaultPath): boolean {
    const own = path.at(-1);
    if (typeof own === 'number') return true;
    return this.#schemaAt(path.slice(0, -1))?.required?.includes(String(own)) ?? false;
  }

  /** What to write there instead. */
  #remedy(path: FaultPath, issue: Issue | undefined): string {
    const schema = this.#schemaAt(path);
    const settings = settingsOf(schema);
    const expected = schema?.type ?? (issue?.code === 'invalid_type' ? issue.expected : undefined);
    if (schema?.enum) return `write one of ${schema.enum.map(String).join(', ')}`;
    if (expected === 'array') return 'write a list, as in [a, b]';
    if (settings.length > 0) return `write its settings below it, indented: ${listed(settings)}`;
    if (expected === 'object') return 'write entries below it, indented, as in name: value';
    if (expected === 'boolean') return 'write true or false';
    if (expected === 'integer' || expected === 'number') return `write ${numberOf(schema)}`;
    return `write ${expected === 'string' ? 'text' : 'a value'}${briefly(schema?.description)}`;
  }

  #withValue(path: FaultPath, message: string): string {
    if (!/^(is|has|holds|needs|must|overlaps|begins|ends|cannot) /.test(message)) return message;
    // What stands where only the place of a password belongs may be the password.
    if (mayBeSecret(path) || ['password', 'secret'].includes(String(path.at(-1))))
      return `(not shown) ${message}`;
    return `${showValue(this.source.written(path) ?? valueAt(this.source.raw, path))} ${message}`;
  }

  #wording(path: FaultPath, value: unknown, issue: Issue): string {
    if (issue.code === 'invalid_type') return this.#wrongType(path, value, issue.expected);
    if (issue.code === 'invalid_value') return noneOf(value, issue.values.map(String));
    if (issue.code === 'too_small' || issue.code === 'too_big') return this.#wrongSize(path, issue);
    return `is not right here: ${this.#remedy(path, issue)}`;
  }

  #wrongType(path: FaultPath, value: unknown, expected: string): string {
    const asText = this.source.written(path) ?? (typeof value === 'string' ? value : undefined);
    const written = asText === undefined ? undefined : shorten(cleanText(asText), 80);
    const schema = this.#schemaAt(path);
    switch (expected) {
      case 'string':
        return written === undefined
          ? `is ${kindOf(value)} where text is wanted: write one text`
          : `is ${kindOf(value)} where text is wanted: put it in quotes, as in "${written}"`;
      case 'array':
        return written === undefined
          ? `is ${kindOf(value)} where a list is wanted: put - in front of each entry`
          : `is not a list: write [${written}]`;
      case 'int':
      case 'number': {
        const isQuoted = typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value));
        return isQuoted
          ? `is text where a number is wanted: write ${value.trim()}, without quotes`
          : `is not a ${expected === 'int' ? 'whole ' : ''}number: write ${numberOf(schema)}`;
      }
      case 'boolean': {
        const meant = typeof value === 'string' ? booleans.get(value.toLowerCase()) : undefined;
        return `is not true or false: write ${meant ?? 'one of them'}, without quotes`;
      }
      default:
        return `is ${kindOf(value)} where a section is wanted: ${this.#remedy(path, undefined)}`;
    }
  }

  #wrongSize(path: FaultPath, issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): string {
    const isSmall = issue.code === 'too_small';
    const bound = String(isSmall ? issue.minimum : issue.maximum);
    const limit = isSmall ? `${bound} or more` : `${bound} at most`;
    if (issue.origin === 'string')
      return `is too ${isSmall ? 'short' : 'long'}: write ${limit.replace(' ', ' characters ')}`;
    if (issue.origin === 'array') return `has too ${isSmall ? 'few' : 'many'} entries: write ${limit}`;
    return `is too ${isSmall ? 'small' : 'large'}: write ${numberOf(this.#schemaAt(path), limit)}`;
  }
}

/** What the parsers of `values.ts` say is to be written. */
function exampleOf({ message }: Issue): string | undefined {
  return /^is not text: (.*)$/.exec(message)?.[1];
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['yes', true],
  ['on', true],
  ['true', true],
  ['no', false],
  ['off', false],
  ['false', false],
]);

/** Beside what is no place of a value. */
const shownOfSecret: ReadonlySet<unknown> = new Set([
  'encoding',
  'profiles',
  'hosts',
  'everyBoot',
  'timeoutSeconds',
]);

function mayBeSecret([section, part, ...rest]: FaultPath): boolean {
  return section === 'secrets' && part === 'named' && rest.length > 0 && !shownOfSecret.has(rest[1]);
}

/** The one form of several that was begun: what is wrong is a value in it, not which settings it has. */
function meantForm(forms: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const begun = forms.filter((issues) =>
    issues.every(
      ({ path, code, message }) => path.length > 0 && code !== 'unrecognized_keys' && message !== UNWORDED,
    ),
  );
  return begun.length === 1 ? begun[0] : undefined;
}

function noneOf(value: unknown, allowed: readonly string[]): string {
  const meant = typeof value === 'string' ? nearest(value, allowed) : undefined;
  return `is none of ${allowed.join(', ')}: ${meant ? `did you mean ${meant}?` : 'write one of them'}`;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return kinds[typeof value] ?? 'a section';
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  bigint: 'a number',
  boolean: 'a truth value',
};

function listed(settings: readonly string[]): string {
  const shown = settings.slice(0, 6);
  return shown.length < settings.length ? `${shown.join(', ')}, …` : shown.join(', ');
}

/** The first sentence of a description, in brackets. */
function briefly(description: string | undefined): string {
  const sentence = description?.split(/\.(?: |$)|:/)[0];
  return sentence ? ` (${sentence.charAt(0).toLowerCase()}${sentence.slice(1)})` : '';
}

/** @param fallback Where the schema tells no bounds. */
function numberOf(schema: SettingSchema | undefined, fallback = ''): string {
  const { type, minimum, exclusiveMinimum, maximum } = schema ?? {};
  const kind = type === 'integer' ? 'a whole number' : 'a number';
  const hasEnd = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  const hasBegin = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER;
  if (hasBegin && hasEnd) return `${kind} from ${minimum} to ${maximum}`;
  if (hasBegin) return `${kind}, ${minimum} or more`;
  if (exclusiveMinimum !== undefined) return `${kind} above ${exclusiveMinimum}`;
  if (hasEnd) return `${kind}, ${maximum} at most`;
  return fallback === '' ? kind : `${kind}, ${fallback}`;
}
