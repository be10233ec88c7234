import type { IncomingMessage } from 'node:http';
import { BadRequest } from './http-errors.js';

const ABSOLUTE = /^http:\/\/([^/?#]+)([^#]*)/i;

/** What a request asks for. */
export interface Target {
  /** As it is written, not decoded. */
  readonly path: string;
  /** What follows the question mark. */
  readonly search: string;
}

/** A target in its parts. A fragment is none of the server's. */
export function targetOf(url: string): Target {
  const hash = url.indexOf('#');
  const asked = hash < 0 ? url : url.slice(0, hash);
  const mark = asked.indexOf('?');
  return mark < 0
    ? { path: asked, search: '' }
    : { path: asked.slice(0, mark), search: asked.slice(mark + 1) };
}

/**
 * RFC 9112 §3.2.2: a request may name its target as a whole URL, as to a proxy; its authority then takes the place of the Host header.
 * Anything else is left as it is.
 */
export function takeAbsoluteForm(request: Pick<IncomingMessage, 'url' | 'headers'>): void {
  const { url = '' } = request;
  if (url.startsWith('/')) return;
  const [, authority, rest = ''] = ABSOLUTE.exec(url) ?? [];
  if (authority === undefined) return;
  request.url = rest.startsWith('/') ? rest : `/${rest}`;
  request.headers.host = authority;
}

/** RFC 9112 §3.2: a target of ours, and one Host of a form that can be one. Node sees to it that there is one. @throws BadRequest */
export function checkTarget(request: Pick<IncomingMessage, 'url' | 'rawHeaders' | 'headers'>): void {
  const { url = '', rawHeaders, headers } = request;
  if (!url.startsWith('/') && url !== '*')
    throw new BadRequest('the target of the request is no path: ask for one that begins with / or http://');
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  if (hosts > 1) throw new BadRequest('there are two Host headers: send one');
  if (/[^A-Za-z0-9._~%!$&'()*+,;=:[\]-]/.test(headers.host ?? ''))
    throw new BadRequest(
      'the Host header is not the name or address of a server: send one, as in 10.75.0.1:4080',
    );
}

/** Segments that name nothing: empty ones and those that say "here", as TFTP leaves them out (shim asks for `…//grubx64.efi`). */
const NOTHING = /\/(?:(?:\.|%2e)(?=\/|$)|(?=\/))/gi;

/**
 * The URL of a request with its path as TFTP takes it: `/tftp//x` and `/tftp/./x` are `/tftp/x`. What climbs stays as it is written, and
 * names nothing; the query is not touched.
 */
export function plainPath(url: string): string {
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  return path.startsWith('/') ? (path.replace(NOTHING, '') || '/') + url.slice(path.length) : url;
}

/**
 * The segments of a URL path, each decoded by itself, so that an encoded slash never becomes a separator. Undefined when an
 * encoding is malformed.
 */
export function pathSegments(path: string): readonly string[] | undefined {
  const segments = path.split('/').slice(1).map(decoded);
  return segments.every((segment) => segment !== undefined) ? segments : undefined;
}

/** RFC 3986 §2.1. Undefined for what is malformed. */
export function decoded(segment: string): string | undefined {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
