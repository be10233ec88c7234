import type { Fingerprint } from './fingerprint.js';

/** The server shows none of the certificates that it is known by. */
export class OtherCertificate extends Error {
  constructor(readonly shown: Fingerprint) {
    super('another certificate than the pinned');
    this.name = 'OtherCertificate';
  }
}

export interface CertificateFault {
  /** Goes on after “it is not believed: ”. */
  readonly reason: string;
  /** Whether to say that it may be believed would help. */
  readonly isUnknown: boolean;
}

/** What is wrong with a server's certificate; undefined for other errors of a connection. */
export function certificateFault(error: unknown): CertificateFault | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  if (typeof code !== 'string') return undefined;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return { reason: wrongName(error), isUnknown: false };
  if (unknownIssuer.has(code))
    return { reason: 'nobody that this computer trusts has signed it', isUnknown: true };
  const reason = otherFaults[code];
  return reason === undefined ? undefined : { reason, isUnknown: false };
}

/** As OpenSSL calls a chain whose root is not among those that are trusted. */
const unknownIssuer: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
]);

const otherFaults: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired, or the clock of this computer is wrong',
  CERT_NOT_YET_VALID: 'it is not valid yet, or the clock of this computer is wrong',
  CERT_SIGNATURE_FAILURE: 'its signature is wrong',
  CERT_REVOKED: 'it was revoked',
  CERT_REJECTED: 'it is not for servers',
  INVALID_PURPOSE: 'it is not for servers',
  INVALID_CA: 'what signed it is no CA',
  PATH_LENGTH_EXCEEDED: 'its chain is longer than its CA allows',
  CERT_CHAIN_TOO_LONG: 'its chain is too long',
  HOSTNAME_MISMATCH: 'it is for other names',
};

/** Node knows which it is for. */
function wrongName(error: unknown): string {
  const certificate: unknown = Reflect.get(Object(error), 'cert');
  const names: unknown = Reflect.get(Object(certificate), 'subjectaltname');
  if (typeof names !== 'string' || names === '') return 'it is for other names';
  return `it is for ${names.replaceAll(/(?:DNS|IP Address):/g, '').slice(0, 200)}`;
}
