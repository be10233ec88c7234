import { NotAllowed, NotAuthenticated } from '../access/errors.js';
import { TooManyFailedLogins } from '../access/failed-logins.js';
import type { Refusal, RefusalReason } from '../access/refusals.js';
import { ImagoError } from '../errors.js';

const reasonOfCode: Readonly<Record<string, RefusalReason>> = {
  NOT_ALLOWED: 'role',
  FOREIGN_PAGE: 'foreign-page',
  HOST_NOT_OURS: 'host-name',
  WRONG_MEDIA_TYPE: 'media-type',
};

/** What the audit has of an error, where that is why somebody was refused who may have had no business here. */
export function refusedBy(error: unknown): Pick<Refusal, 'reason' | 'who'> | undefined {
  if (error instanceof NotAuthenticated) return { reason: error.why, who: error.who };
  if (error instanceof TooManyFailedLogins) return { reason: error.why };
  const reason = error instanceof ImagoError ? reasonOfCode[error.code] : undefined;
  return reason && { reason, who: error instanceof NotAllowed ? error.who : undefined };
}
