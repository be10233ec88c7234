import type { Target } from './request-target.js';

/** Before the path of whatever a machine fetches and reports by the script that it booted by. */
const PREFIX = '/m/';
const LENGTH = 32;
const CAPABILITY = /^[0-9a-f]{32}$/;
/** Wherever it stands, as in a URL that names its host. */
const SHOWN = /\/m\/[0-9a-f]{32}/g;

/** What a machine asks for, and the capability that its script gave it for that; none where its path carries none. */
export function takeCapability(target: Target): { readonly target: Target; readonly capability?: string } {
  const { path } = target;
  if (!path.startsWith(PREFIX)) return { target };
  const end = PREFIX.length + LENGTH;
  const capability = path.slice(PREFIX.length, end);
  const rest = path.slice(end);
  if (!CAPABILITY.test(capability) || (rest !== '' && !rest.startsWith('/'))) return { target };
  return { target: { ...target, path: rest || '/' }, capability };
}

/** The same without what nobody but that machine is to read. */
export function withoutCapability(url: string): string {
  return url.replace(SHOWN, `${PREFIX}…`);
}
