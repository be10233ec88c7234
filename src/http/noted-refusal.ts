import type { Context } from 'koa';
import type { Audit } from '../access/audit.js';
import { NotAllowed, NotAuthenticated } from '../access/errors.js';
import { TooManyFailedLogins } from '../access/failed-logins.js';
import type { Refusal, RefusalReason } from '../access/refusals.js';
import { ImagoError } from '../errors.js';
import { CardRefused } from '../provision/card-refused.js';
import { withoutCapability } from './machine-capability.js';

const reasonOfCode: Readonly<Record<string, RefusalReason>> = {
  NOT_ALLOWED: 'role',
  FOREIGN_PAGE: 'foreign-page',
  HOST_NOT_OURS: 'host-name',
  WRONG_MEDIA_TYPE: 'media-type',
};

/** Writes down who asks, where the error is that he may have no business here. */
export function noteRefusal(
  audit: Pick<Audit, 'note'>,
  { req, method }: Pick<Context, 'req' | 'method'>,
  path: string,
  error: unknown,
): void {
  const refused = refusedBy(error);
  if (!refused) return;
  const shown = withoutCapability(path);
  audit.note({ ...refused, address: req.client.address, method, path: shown, route: req.route });
}

/** What the audit has of an error; undefined of one that has nothing to do with who asks. */
export function refusedBy(error: unknown): Pick<Refusal, 'reason' | 'who' | 'what'> | undefined {
  if (error instanceof NotAuthenticated) return { reason: error.why, who: error.who };
  if (error instanceof TooManyFailedLogins) return { reason: error.why };
  // In whose name a machine asks is all that is known of it.
  if (error instanceof CardRefused && error.code !== 'CARD_UNSEEN')
    return { reason: 'machine-proof', what: `as ${error.serial}` };
  const reason = error instanceof ImagoError ? reasonOfCode[error.code] : undefined;
  return reason && { reason, who: error instanceof NotAllowed ? error.who : undefined };
}
