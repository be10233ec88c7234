import type { X509Certificate } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import type { ImagoError } from '../errors.js';
import { certificatesIn, heldOnTo } from './chain.js';
import { Certificates, type CertificateFiles } from './certificates.js';
import { CertificateLacksNames, CertificateUnusable } from './errors.js';
import { lacking, namesIn, type ServerNames } from './server-names.js';

type Log = Readonly<Record<'info' | 'warn', (facts: object, message: string) => void>>;

/** What a listener shows, as its files have it: those that cannot be used leave what was there before in force. */
export class FileCertificates {
  #shown: SecureContextOptions;
  #fault: CertificateUnusable | undefined;
  /** What the one had that was shown before. */
  #before: ServerNames = { addresses: [], names: [] };

  private constructor(
    private readonly files: CertificateFiles,
    private readonly certificates: Certificates,
    first: SecureContextOptions,
    private readonly log: Log,
    private readonly goesBy: (() => ServerNames) | undefined,
  ) {
    this.#shown = first;
  }

  /**
   * @param clock in milliseconds, forwards only.
   * @param goesBy what operators call this server by, as it is now; undefined where the certificate is made after that.
   * @throws CertificateUnusable
   */
  static read(
    files: CertificateFiles,
    clock: () => number,
    log: Log,
    goesBy?: () => ServerNames,
  ): FileCertificates {
    const { certificates, first } = Certificates.read(files, clock);
    return new FileCertificates(files, certificates, first, log, goesBy);
  }

  /** Whether callers are asked for a certificate. */
  get asksCallers(): boolean {
    return this.files.clientCa !== undefined;
  }

  /** Looks at the files. @returns the same object for as long as they are the same */
  current(): SecureContextOptions {
    try {
      const next = this.certificates.changed('connection');
      if (next) this.#take(next);
    } catch (error) {
      if (!(error instanceof CertificateUnusable)) throw error;
      this.#fault = error;
      this.log.warn(
        { code: error.code, reason: error.message },
        'the certificates on disk cannot be used, those of before stay in force',
      );
    }
    return this.#shown;
  }

  /** By which a client that trusts nobody yet holds on to this server, as `imagoctl login` shows it. */
  get fingerprint(): string {
    return `SHA256:${heldOnTo(certificatesIn(String(this.#shown.cert))).fingerprint256}`;
  }

  /** Why the files as they are now do not hold; else, what clients miss in those that do. */
  fault(): ImagoError | undefined {
    this.current();
    return this.#fault ?? this.#lacks();
  }

  #take(next: SecureContextOptions): void {
    // One that lacks names is no measure for those after it.
    if (!this.#lacks()) this.#before = namesIn(this.#own().subjectAltName);
    this.#shown = next;
    this.#fault = undefined;
    const facts = { ...this.files, fingerprint: this.fingerprint };
    this.log.info(facts, 'other certificates hold from now on');
  }

  #own(): X509Certificate {
    return certificatesIn(String(this.#shown.cert))[0];
  }

  #lacks(): ImagoError | undefined {
    if (!this.goesBy) return undefined;
    const names = lacking(this.#own(), this.goesBy(), this.#before);
    return names.length === 0 ? undefined : new CertificateLacksNames(this.files.certificate, names);
  }
}
