import type { Context } from 'koa';
import { DEFAULT_OPERATOR, OPERATOR_HEADER } from '../api/schemas.js';
import { cleanText } from '../errors.js';
import type { Author } from '../host/host-store.js';

/** Who commands, as he names himself; fit for the author line of a commit. */
export function operatorOf(ctx: Context): Author {
  const name = cleanText(ctx.get(OPERATOR_HEADER))
    .replace(/[<>\u{fffd}]+/gu, '')
    .trim()
    .slice(0, 128);
  return { name: name || DEFAULT_OPERATOR, kind: 'operator' };
}
