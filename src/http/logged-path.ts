import { withoutCapability } from './machine-capability.js';

const LOGINS = '/api/v1/logins/';

/** A path, with its query or without, as others may read it: what in it proves who asks is left out. */
export function loggedPath(url: string): string {
  if (url.startsWith('/login/')) return url.split('?', 1)[0] ?? '';
  return url.startsWith(LOGINS) ? `${LOGINS}…` : withoutCapability(url);
}
