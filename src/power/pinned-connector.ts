import { readFile } from 'node:fs/promises';
import { TLSSocket } from 'node:tls';
import { buildConnector } from 'undici';
import { nameOfTarget, type RedfishTarget } from './bmc-target.js';
import { BmcUntrusted } from './errors.js';

/** The certificate is another one than the pinned. */
export class FingerprintMismatch extends Error {
  constructor(readonly shown: string) {
    super(`its certificate has the SHA-256 fingerprint ${shown}`);
    this.name = 'FingerprintMismatch';
  }
}

/**
 * Connects as the target's `tls` says. With a fingerprint not a byte is sent before the certificate was compared.
 * @throws BmcUntrusted when the file of the authority cannot be read
 */
export async function connectorFor(target: RedfishTarget): Promise<buildConnector.connector> {
  const { tls, answerSeconds } = target;
  const ca = tls.caFile === undefined ? undefined : await readAuthority(target, tls.caFile);
  const pin = tls.fingerprint;
  const connect = buildConnector({
    timeout: answerSeconds * 1000,
    rejectUnauthorized: tls.verify && pin === undefined,
    // A resumed session shows no certificate to compare.
    maxCachedSessions: 0,
    ...(ca !== undefined && { ca }),
  });
  if (pin === undefined) return connect;
  return (options, callback) => {
    connect(options, (...[error, socket]) => {
      if (error) return callback(error, null);
      if (!(socket instanceof TLSSocket)) return callback(null, socket);
      const shown = fingerprintOf(socket);
      if (shown === pin) return callback(null, socket);
      socket.destroy();
      return callback(new FingerprintMismatch(shown), null);
    });
  };
}

function fingerprintOf(socket: TLSSocket): string {
  const certificate = socket.getPeerX509Certificate();
  return certificate?.fingerprint256.replaceAll(':', '').toLowerCase() ?? 'none';
}

async function readAuthority(target: RedfishTarget, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new BmcUntrusted(nameOfTarget(target), `${file} cannot be read`, { cause: error });
  }
}
