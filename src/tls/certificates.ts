import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { fileReason } from '../errors.js';
import { identityOf } from '../files/file-identity.js';
import { certificatesIn, isForServers, ownChain } from './chain.js';
import { CertificateUnusable } from './errors.js';
import { opensslReason } from './openssl-reason.js';

/** Paths of PEM files. */
export interface CertificateFiles {
  /** The server's own, with those between it and its CA. */
  readonly certificate: string;
  readonly key: string;
  /** Whose certificates callers have to show; without it nobody is asked for one. */
  readonly clientCa?: string | undefined;
  /** What that CA has revoked. */
  readonly crl?: string | undefined;
}

/** How often calls of an open connection have the files looked at, at most. */
const LOOK_MS = 1000;

/**
 * What a listener shows and asks for, as its files have it: they may be replaced while it runs. Files that do not go together, as
 * when one of two has been replaced, leave what was there before in force.
 */
export class Certificates {
  #seen: string;
  #lookedAt: number;

  private constructor(
    private readonly files: CertificateFiles,
    private readonly clock: () => number,
  ) {
    this.#seen = this.#identity();
    this.#lookedAt = clock();
  }

  /** @param clock in milliseconds. @throws CertificateUnusable */
  static read(
    files: CertificateFiles,
    clock: () => number,
  ): { readonly certificates: Certificates; readonly first: SecureContextOptions } {
    const certificates = new Certificates(files, clock);
    return { certificates, first: readAll(files) };
  }

  /**
   * What the files say now; undefined where they are as they were. A new connection has them looked at, which is nothing beside its
   * handshake; a call only where nobody has within the last second.
   * @throws CertificateUnusable once for each such state of the files.
   */
  changed(by: 'connection' | 'call'): SecureContextOptions | undefined {
    const now = this.clock();
    if (by === 'call' && now - this.#lookedAt < LOOK_MS) return undefined;
    this.#lookedAt = now;
    const identity = this.#identity();
    if (identity === this.#seen) return undefined;
    this.#seen = identity;
    return readAll(this.files);
  }

  #identity(): string {
    const { certificate, key, clientCa, crl } = this.files;
    return [certificate, key, clientCa, crl]
      .map((path) => (path === undefined ? '' : identityAt(path)))
      .join(' ');
  }
}

function identityAt(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats ? identityOf(stats) : 'missing';
}

function readAll({ certificate, key, ...callers }: CertificateFiles): SecureContextOptions {
  const written = { cert: read(certificate), key: read(key), ...readCallers(callers) };
  const remedy = 'write a certificate and the key that it was made with, both as PEM';
  const chain = parsed(certificate, remedy, () => certificatesIn(written.cert));
  parsed(`${certificate} with its key ${key}`, remedy, () => createSecureContext(written));
  if (!isForServers(chain)) {
    const reason =
      'its extended key usage is not for servers, and clients refuse it; write one that has serverAuth among it';
    throw new CertificateUnusable(certificate, reason);
  }
  return { ...written, cert: ownChain(written.cert, chain, written.ca) };
}

/** By what callers are known. @throws CertificateUnusable */
export function readCallers({ clientCa, crl }: Pick<CertificateFiles, 'clientCa' | 'crl'>): {
  readonly ca?: Buffer;
  readonly crl?: string[];
} {
  if (clientCa === undefined) return {};
  return { ca: readCa(clientCa), ...(crl !== undefined && { crl: readCrl(crl) }) };
}

/** One that holds no certificate would let nobody in. */
function readCa(path: string): Buffer {
  const pem = read(path);
  const remedy = 'write the certificate of the CA of your callers as PEM';
  const held = parsed(path, remedy, () => certificatesIn(pem));
  // One that signed itself is looked up to by OpenSSL, if only for itself.
  if (held.some((certificate) => certificate.ca || certificate.checkIssued(certificate))) return pem;
  throw new CertificateUnusable(path, `it is of no CA, so nobody could be known by it; ${remedy}`);
}

/** Of each CA one: OpenSSL is given them one by one. */
function readCrl(path: string): string[] {
  const lists = read(path).toString('latin1').match(CRL) ?? [];
  parsed(path, 'write the list of revoked certificates of the CA of your callers as PEM', () => {
    if (lists.length === 0) throw new Error('it has no such list');
    return createSecureContext({ crl: lists });
  });
  return lists;
}

const CRL = /-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g;

function parsed<T>(files: string, remedy: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new CertificateUnusable(files, `${opensslReason(error)}; ${remedy}`);
  }
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CertificateUnusable(
      path,
      `${fileReason(error)}; name a file that imago’s user may read`,
      error,
    );
  }
}
