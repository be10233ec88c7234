import { createHash } from 'node:crypto';
import { ImagoError } from '../errors.js';
import { hostToJson } from '../host/host-json.js';
import type { Host } from '../host/host.js';

/** Somebody else changed the host since the caller looked. */
export class PreconditionFailed extends ImagoError {
  readonly code = 'PRECONDITION_FAILED';

  constructor(serial: string) {
    super(`${serial} was changed meanwhile: look at it again, then decide`, { serial });
  }
}

/** A strong entity tag (RFC 9110 §8.8.3): the same for as long as all that is recorded of the host is the same. */
export function hostEtag(host: Host): string {
  const digest = createHash('sha256')
    .update(JSON.stringify(hostToJson(host)))
    .digest('base64url');
  return `"${digest.slice(0, 22)}"`;
}

/**
 * `If-Match` (RFC 9110 §13.1.1) as a check of the host that is about to be changed; without the header there is nothing to check.
 * @throws PreconditionFailed
 */
export function matchGuard(ifMatch: string): ((host: Host) => void) | undefined {
  if (ifMatch === '' || ifMatch.trim() === '*') return undefined;
  const tags = new Set(ifMatch.split(',').map((tag) => tag.trim()));
  return (host) => {
    if (!tags.has(hostEtag(host))) throw new PreconditionFailed(host.serial);
  };
}
