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

/** One that none of the configured CAs has signed is as good as none. */
function shownBy(socket: HttpRequest['socket']): ShownCertificate | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const { subject, raw, fingerprint256 } = socket.getPeerCertificate();
  const { CN: commonName } = subject ?? {};
  if (!raw || typeof commonName !== 'string') return undefined;
  return { commonName, fingerprint: fingerprint256.replaceAll(':', '').toLowerCase() };
}
