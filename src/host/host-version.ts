import { createHash } from 'node:crypto';
import { ImagoError } from '../errors.js';
import { hostToJson } from './host-json.js';
import type { Host } from './host.js';

/** Somebody else changed the host, or another record, since the caller looked. */
export class PreconditionFailed extends ImagoError {
  readonly code = 'PRECONDITION_FAILED';

  /** @param key A serial, or `<kind>/<name>`. */
  constructor(key: string) {
    const name = key.includes('/') ? 'record' : 'serial';
    super(`${key} was changed meanwhile: look at it again, then decide`, { [name]: key });
  }
}

/** The same for as long as all that is recorded of the host is the same; 22 characters of base64url. */
export function hostVersion(host: Host): string {
  const digest = createHash('sha256').update(JSON.stringify(hostToJson(host)));
  return digest.digest('base64url').slice(0, 22);
}

/** @param wanted Any of these is the one that was meant; undefined means whichever there is. @throws PreconditionFailed */
export function requireVersion(host: Host, wanted: readonly string[] | undefined): void {
  if (wanted && !wanted.includes(hostVersion(host))) throw new PreconditionFailed(host.serial);
}
