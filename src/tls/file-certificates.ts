import type { SecureContextOptions } from 'node:tls';
import type { ImagoError } from '../errors.js';
import { Certificates, type CertificateFiles } from './certificates.js';
import { CertificateUnusable } from './errors.js';

type Log = Readonly<Record<'info' | 'warn', (facts: object, message: string) => void>>;

/** What a listener shows, as its files have it: those that cannot be used leave what was there before in force. */
export class FileCertificates {
  #shown: SecureContextOptions;
  #fault: CertificateUnusable | undefined;

  private constructor(
    private readonly files: CertificateFiles,
    private readonly certificates: Certificates,
    first: SecureContextOptions,
    private readonly log: Log,
  ) {
    this.#shown = first;
  }

  /** @param clock in milliseconds, forwards only. @throws CertificateUnusable */
  static read(files: CertificateFiles, clock: () => number, log: Log): FileCertificates {
    const { certificates, first } = Certificates.read(files, clock);
    return new FileCertificates(files, certificates, first, log);
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
      this.log.warn({ err: error }, 'the certificates on disk cannot be used, those of before stay in force');
    }
    return this.#shown;
  }

  /** Why the files as they are now do not hold. */
  fault(): ImagoError | undefined {
    this.current();
    return this.#fault;
  }

  #take(next: SecureContextOptions): void {
    this.#shown = next;
    this.#fault = undefined;
    this.log.info({ ...this.files }, 'other certificates hold from now on');
  }
}
