import { readFileSync } from 'node:fs';
import { Gauge, type Registry } from 'prom-client';
import { fileReason, type ImagoError } from '../errors.js';
import type { Alarm } from '../provision/alarms.js';
import { CertificateUnusable } from '../tls/errors.js';
import { expiryFault, validityOfAll } from '../tls/expiry.js';

/** A certificate of ours that clients see. */
export interface WatchedCertificate {
  /** The setting that names it, or what it is: the label of its metric. */
  readonly name: string;
  readonly file: string;
  /** What an operator does before it ends, as in `replace it`. */
  readonly remedy: string;
}

interface Parts {
  readonly certificates: readonly WatchedCertificate[];
  readonly registry: Registry;
  readonly clock: () => Date;
  readonly log: { warn(facts: object, message: string): void };
}

/** Tells in time of certificates that end. */
export class CertificateWatch {
  readonly #alarms = new Map<string, Alarm>();
  readonly #expiry: Gauge<'certificate'>;

  constructor(private readonly parts: Parts) {
    this.#expiry = new Gauge({
      name: 'imago_certificate_expiry_timestamp_seconds',
      help: 'When a certificate ends that imago shows, or the first of its chain; seconds since 1970. 0 of one that cannot be read.',
      labelNames: ['certificate'],
      registers: [parts.registry],
    });
    this.look();
  }

  alarms(): readonly Alarm[] {
    return [...this.#alarms.values()];
  }

  look(): void {
    for (const certificate of this.parts.certificates)
      this.tell(certificate.name, this.#faultOf(certificate));
  }

  /** @param fault What is wrong with it now, if anything. */
  tell(name: string, fault: ImagoError | undefined): void {
    const { code, message } = fault ?? {};
    if (code === undefined || message === undefined) {
      this.#alarms.delete(name);
      return;
    }
    const before = this.#alarms.get(name);
    if (before?.message === message) return;
    const since = before?.code === code ? before.since : this.parts.clock();
    this.#alarms.set(name, { code, message, since });
    this.parts.log.warn({ certificate: name, code }, message);
  }

  #faultOf({ name, file, remedy }: WatchedCertificate): ImagoError | undefined {
    this.#expiry.set({ certificate: name }, 0);
    try {
      const validity = validityOfAll(readFileSync(file, 'utf8'));
      this.#expiry.set({ certificate: name }, validity.notAfter.getTime() / 1000);
      return expiryFault(file, validity, remedy, this.parts.clock());
    } catch (error) {
      return new CertificateUnusable(file, `${fileReason(error)}; bring it back`, error);
    }
  }
}
