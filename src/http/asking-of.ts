import { TLSSocket } from 'node:tls';
import type { Asking, ShownCertificate, Way } from '../access/operator-proof.js';
import { OPERATOR_HEADER } from '../api/endpoint.js';
import type { HttpRequest } from './http-request.js';

/** What a request tells of the operator who makes it. */
export function askingOf({ headers, socket, client, method = '' }: HttpRequest, way: Way): Asking {
  const said = headers[OPERATOR_HEADER.toLowerCase()];
  return {
    way,
    said: typeof said === 'string' ? said : '',
    authorization: headers.authorization,
    cookie: headers.cookie,
    certificate: shownBy(socket),
    address: client.address,
    method,
  };
}

function shownBy(socket: HttpRequest['socket']): ShownCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const { subject, raw, fingerprint256, valid_to: validTo } = socket.getPeerCertificate();
  if (!raw) return undefined;
  // An attribute that stands there twice is a list, which the types do not tell.
  const { CN: commonName }: { CN?: unknown } = subject ?? {};
  return {
    commonName: typeof commonName === 'string' ? commonName : undefined,
    fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
    validTo: new Date(validTo),
    fault: socket.authorized ? undefined : String(socket.authorizationError),
  };
}
