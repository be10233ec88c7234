import type { Context } from 'koa';
import { DEFAULT_OPERATOR, OPERATOR_HEADER } from '../api/schemas.js';
import { cleanText } from '../errors.js';
import type { Author } from '../host/host-store.js';

/** Who commands, as he names himself; fit for the author line of a commit. */
export function operatorOf(ctx: Context): Author {
  return { name: namedOperatorOf(ctx) ?? DEFAULT_OPERATOR, kind: 'operator' };
}

/** Undefined for one who gives no name. */
export function namedOperatorOf(ctx: Context): string | undefined {
  const name = cleanText(ctx.get(OPERATOR_HEADER))
    .replace(/[<>\u{fffd}]+/gu, '')
    .trim()
    .slice(0, 128);
  return name || undefined;
}
