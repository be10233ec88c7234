import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { cleanText, errorCode, shorten } from '../errors.js';
import { LimitedLog } from '../net/limited-log.js';
import { Certificates, type CertificateFiles } from '../tls/certificates.js';
import { peerOf, type Connections } from './connections.js';
import type { GrpcServerParts, TurnedAway } from './grpc-parts.js';

type Parts = Pick<GrpcServerParts, 'tls' | 'observer' | 'log' | 'clock'> & {
  readonly connections: Connections;
  readonly handshakeMs: number;
  /** Given each connection that may call. */
  readonly take: (socket: Socket) => void;
  /** Other certificates hold: connections that began under the old ones are to end. */
  readonly renewed: () => void;
};

interface Listener {
  /** Not listening yet. */
  readonly server: Server;
  /** Takes up certificates that were replaced on disk. */
  readonly renew: () => void;
}

/** What hands on each connection that has a place, and whose TLS is in order. @throws CertificateUnusable */
export function openListener(parts: Parts): Listener {
  return parts.tls === undefined ? plainListener(parts) : tlsListener(parts, parts.tls);
}

function plainListener({ connections, take }: Parts): Listener {
  const server = createServer({ noDelay: true }, (socket) => {
    if (connections.accept(socket)) take(socket);
  });
  return { server, renew: () => undefined };
}

function tlsListener(
  { connections, handshakeMs, take, renewed, observer, log, clock }: Parts,
  files: CertificateFiles,
): Listener {
  const limited = new LimitedLog<'warn'>({ warn: (facts, text) => log.warn(facts, text) }, clock);
  const { certificates, first } = Certificates.read(files, clock);
  const isMutual = files.clientCa !== undefined;
  const server = createTlsServer({
    ...first,
    ALPNProtocols: ['h2'],
    minVersion: 'TLSv1.2',
    handshakeTimeout: handshakeMs,
    noDelay: true,
    requestCert: isMutual,
    rejectUnauthorized: isMutual,
  });
  const renew = (by: 'connection' | 'call'): void => {
    try {
      const next = certificates.changed(by);
      if (!next) return;
      server.setSecureContext(next);
      log.info({ ...files }, 'gRPC: other certificates hold from now on');
      renewed();
    } catch (error) {
      log.warn(
        { err: error },
        'gRPC: the certificates on disk cannot be used, those of before stay in force',
      );
    }
  };
  // Before TLS begins on it.
  server.prependListener('connection', (socket: Socket) => {
    renew('connection');
    connections.accept(socket);
  });
  server.on('secureConnection', (socket) => {
    const connection = connections.at(peerOf(socket));
    if (!connection) {
      socket.destroy();
      return;
    }
    if (isMutual) connections.isKnownAs(connection, nameOf(socket));
    take(socket);
  });
  server.on('tlsClientError', (error, socket) => {
    // Unknown of a connection that is closed already, as one with a foreign certificate is.
    const from = socket.remoteAddress;
    const reason = reasonOf(error, socket);
    socket.destroy();
    observer.turnedAway(reason);
    const facts = { from, reason, code: codeOf(error, socket) };
    limited.write('warn', `${reason} ${from}`, facts, 'gRPC: a connection came to no call');
  });
  return { server, renew: () => renew('call') };
}

const reasonOfCode: Readonly<Record<string, TurnedAway>> = {
  ERR_TLS_HANDSHAKE_TIMEOUT: 'handshake-time',
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'no-certificate',
};

function reasonOf(error: Error, socket: TLSSocket): TurnedAway {
  // Node closes such a connection, and reports that it was closed.
  if (isForeign(socket)) return 'foreign-certificate';
  return reasonOfCode[errorCode(error) ?? ''] ?? 'tls';
}

/** Set by Node to the code of what is wrong with a certificate; null before that is known. */
function isForeign({ authorizationError }: TLSSocket): boolean {
  return Boolean(authorizationError) && String(authorizationError) !== NO_CERTIFICATE;
}

const NO_CERTIFICATE = 'UNABLE_TO_GET_ISSUER_CERT';

function codeOf(error: Error, socket: TLSSocket): string | undefined {
  return isForeign(socket) ? String(socket.authorizationError) : errorCode(error);
}

const LONGEST_NAME = 64;

/** The common name, by which the caller's changes are signed; of a certificate without one its fingerprint. */
function nameOf(socket: TLSSocket): string {
  const { subject, fingerprint256 } = socket.getPeerCertificate();
  // Several of them are a list, whatever the type says.
  const names: readonly unknown[] = [subject?.CN].flat();
  const name = names.find((one): one is string => typeof one === 'string' && one.trim() !== '');
  return shorten(cleanText(name ?? fingerprint256), LONGEST_NAME);
}
