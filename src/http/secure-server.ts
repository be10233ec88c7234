import { constants } from 'node:crypto';
import type { ServerOptions, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { errorCode } from '../errors.js';
import type { Handshakes } from './handshakes.js';
import type { HttpRequest } from './http-request.js';

/** What a listener shows: `FileCertificates` fits. */
export interface ShownCertificates {
  /** As they are now: the same object for as long as they are the same. */
  current(): SecureContextOptions;
  /** Whether callers are asked for a certificate; whether theirs is in order is for whoever lets them in. */
  readonly asksCallers: boolean;
}

/** What listeners over TLS have in common. */
export interface Tls {
  readonly certificates: ShownCertificates;
  /** Told of each connection that came to no request. */
  notSecured(reason: NotSecured, facts: object): void;
}

export type NotSecured = (typeof notSecuredReasons)[number];

/** The client took too long; spoke HTTP; an old TLS; does not trust the certificate; or something else went wrong. */
export const notSecuredReasons = ['handshake-time', 'plain-http', 'protocol', 'untrusted', 'tls'] as const;

interface SecureParts {
  /** Undefined where nobody set it up, which is a fault of the program. */
  readonly tls: Tls | undefined;
  readonly handshakes: Handshakes;
  /** A connection whose handshake is over. */
  readonly accept: (socket: TLSSocket) => void;
}

/** Of TLS 1.2: only those with forward secrecy that also prove that nothing was changed (RFC 9325 §4.2). */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** How often it is looked whether those that callers are known by have changed. */
const LOOK_MS = 1000;

/**
 * HTTPS: certificates hold from the next connection on, those that are open go on with theirs. Only where the CA of callers, or what it has
 * revoked, becomes another, connections that were let in by a certificate end, and whoever is still let in connects anew.
 */
export function createSecureServer(
  options: ServerOptions<typeof HttpRequest>,
  { tls, handshakes, accept }: SecureParts,
  take: (request: HttpRequest, response: ServerResponse) => void,
): Server {
  if (!tls) throw new TypeError('a listener over TLS needs certificates');
  const { certificates } = tls;
  const strength = {
    minVersion: 'TLSv1.2',
    ciphers: CIPHERS,
    // A client may not have the handshake made again and again on one connection (CVE-2011-1473).
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  } as const;
  let shown = certificates.current();
  const server = createServer(
    {
      ...options,
      ...shown,
      ...strength,
      handshakeTimeout: handshakes.limits.time,
      requestCert: certificates.asksCallers,
      rejectUnauthorized: false,
    },
    take,
  );
  const proven = new Set<TLSSocket>();
  const look = () => {
    const now = certificates.current();
    if (now === shown) return;
    server.setSecureContext({ ...now, ...strength });
    const isSame = isDeepStrictEqual([now.ca, now.crl], [shown.ca, shown.crl]);
    shown = now;
    if (isSame) return;
    handshakes.closeAll();
    for (const socket of proven) socket.destroy();
  };
  if (certificates.asksCallers) {
    const looking = setInterval(look, LOOK_MS).unref();
    server.on('close', () => clearInterval(looking));
  }
  // Before TLS begins on it.
  server.prependListener('connection', (socket: Socket) => {
    look();
    handshakes.begin(socket);
  });
  server.on('secureConnection', (socket) => {
    handshakes.end(socket);
    accept(socket);
    if (!socket.authorized) return;
    proven.add(socket);
    socket.once('close', () => proven.delete(socket));
  });
  server.prependListener('tlsClientError', (error: Error, socket: TLSSocket) => {
    const [from, code] = [socket.remoteAddress, errorCode(error)];
    socket.destroy();
    tls.notSecured(reasons[code ?? ''] ?? 'tls', { from, code });
  });
  return server;
}

const reasons: Readonly<Record<string, NotSecured>> = {
  ERR_TLS_HANDSHAKE_TIMEOUT: 'handshake-time',
  ERR_SSL_HTTP_REQUEST: 'plain-http',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'protocol',
  ERR_SSL_VERSION_TOO_LOW: 'protocol',
  ERR_SSL_NO_SHARED_CIPHER: 'protocol',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'untrusted',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'untrusted',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'untrusted',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'untrusted',
};
