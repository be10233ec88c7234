import { valueAt } from '../config/fault.js';
import type { RouterContext } from '@koa/router';
import type { z } from 'zod';
import { showValue } from '../errors.js';
import { BadRequest } from './http-errors.js';
import { jsonOf } from './json-of.js';
import { readBody } from './read-body.js';
import { requestWording } from './request-wording.js';

/** The JSON body of a call. @throws BadRequest that names the first fault */
export async function bodyAs<T extends z.ZodType>(schema: T, ctx: RouterContext): Promise<z.output<T>> {
  const json = jsonOf(await readBody(ctx));
  if (json === undefined) throw new BadRequest('the body is not JSON');
  return parsedAs(schema, json);
}

/** The query of a call. @throws BadRequest that names the first fault */
export function queryAs<T extends z.ZodType>(schema: T, ctx: RouterContext): z.output<T> {
  return parsedAs(schema, { ...ctx.query });
}

function parsedAs<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
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
