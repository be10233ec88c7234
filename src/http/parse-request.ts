import { valueAt } from '../config/fault.js';
import { z } from 'zod';
import { showValue } from '../errors.js';
import { BadRequest } from './http-errors.js';
import { jsonIn } from '../json.js';
import { nearest } from '../config/nearest.js';

/** A value as its schema takes it. @throws BadRequest that names the first fault */
export function parsedAs<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value, { error: requestWording });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = issue?.path.map(String).join('.');
  const message = issue?.message ?? 'it is not what this call takes';
  const asked = valueAt(value, issue?.path.map(stepOf) ?? []);
  const shown =
    /^(is|has|ends) /.test(message) && asked !== undefined ? `${showValue(asked)} ${message}` : message;
  throw new BadRequest(place ? `${place}: ${shown}` : shown, place ? { field: place } : {});
}

function stepOf(step: PropertyKey): string | number {
  return typeof step === 'symbol' ? String(step) : step;
}

/**
 * The JSON value of a body; undefined for what is not JSON, or nested too deeply to be read.
 * @throws BadRequest for a name that objects of JavaScript lose silently
 */
export function jsonOf(body: string): unknown {
  return jsonIn(body, refuseProto);
}

function refuseProto(key: string, value: unknown): unknown {
  if (key === '__proto__') {
    throw new BadRequest(`'__proto__' is a name that nothing can be stored under: choose another one`, {
      field: key,
    });
  }
  return value;
}

/**
 * What is wrong with a value of a call, in words that follow the value, and what to send instead.
 * @returns undefined where the schema's library has to find words of its own.
 */
export function requestWording(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type': {
      const wanted = wantedNames[issue.expected] ?? issue.expected;
      if (issue.input === undefined) return `is missing: send ${wanted}`;
      return `is ${kindOf(issue.input)}: send ${wanted}`;
    }
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      if (issue.input === undefined) return `is missing: send ${listOf(allowed)}`;
      const meant = typeof issue.input === 'string' ? nearest(issue.input, allowed) : undefined;
      return `is not known: send ${meant ?? listOf(allowed)}`;
    }
    case 'too_small':
      return `is too ${issue.origin === 'string' || issue.origin === 'array' ? 'short' : 'small'}: send ${sizeOf(issue.origin, issue.minimum)} or more`;
    case 'too_big':
      return `is too ${issue.origin === 'string' || issue.origin === 'array' ? 'long' : 'large'}: send ${sizeOf(issue.origin, issue.maximum)} at most`;
    case 'unrecognized_keys': {
      const fields = fieldsOf(issue.inst);
      const unknown = issue.keys[0] ?? '';
      const meant = nearest(unknown, fields);
      const remedy = meant ? `did you mean ${meant}?` : `send ${listOf(fields)}`;
      return `${unknown} is no field of this call: ${fields.length === 0 ? 'take it away' : remedy}`;
    }
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_key':
    case 'invalid_union':
    case 'not_multiple_of':
    default:
      return undefined;
  }
}

const wantedNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return kinds[typeof value] ?? 'an object';
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
};

function sizeOf(origin: string, bound: number | bigint): string {
  if (origin === 'string') return `${bound} characters`;
  return origin === 'array' ? `${bound} entries` : String(bound);
}

function listOf(names: readonly string[]): string {
  return names.length > 1 ? `one of ${names.join(', ')}` : (names[0] ?? 'nothing');
}

function fieldsOf(schema: unknown): readonly string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}
