import { valueAt } from '../config/fault.js';
import type { z } from 'zod';
import { showValue } from '../errors.js';
import { BadRequest } from './http-errors.js';
import { requestWording } from './request-wording.js';

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
