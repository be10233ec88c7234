import { hostname } from 'node:os';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { OWN_PAGE_HEADER } from '../api/endpoint.js';
import type { Config } from '../config/schema.js';
import { refusalOf } from './foreign-page.js';

/** Lets in what a program or a page of ours sends, and nothing that a foreign page can. @throws an ImagoError */
export function guardOperators(
  config: () => Pick<Config, 'network' | 'listeners'>,
): (request: Pick<IncomingMessage, 'method' | 'headers' | 'socket'>) => void {
  let known: { readonly of: object; readonly names: ReadonlySet<string> } | undefined;
  const namesNow = () => {
    const now = config();
    if (known?.of !== now) known = { of: now, names: new Set(namesOf(now)) };
    return known.names;
  };
  return ({ method, headers, socket }) => {
    const refusal = refusalOf(
      {
        method: method ?? '',
        host: headers.host,
        origin: headers.origin,
        fetchSite: headers['sec-fetch-site'],
        fetchMode: headers['sec-fetch-mode'],
        contentType: headers['content-type'],
        hasBody: headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0,
        isTls: socket instanceof TLSSocket,
        isByCookie: headers.cookie !== undefined && headers.authorization === undefined,
        isByOwnPage: headers[OWN_PAGE_HEADER.toLowerCase()] !== undefined,
      },
      namesNow(),
    );
    if (refusal) throw refusal;
  };
}

function namesOf({ network, listeners }: Pick<Config, 'network' | 'listeners'>): readonly string[] {
  const own = hostname().toLowerCase();
  const { domain } = network;
  return [
    'localhost',
    own,
    ...(domain === undefined ? [] : [`${own}.${domain}`]),
    ...listeners.admin.names,
  ].map((name) => name.toLowerCase());
}
