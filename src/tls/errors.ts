import { ImagoError } from '../errors.js';

/** A file of the certificates that a listener shows, or asks for. */
export class CertificateUnusable extends ImagoError {
  readonly code = 'CERTIFICATE_UNUSABLE';

  /** @param files with the settings that name them */
  constructor(files: string, reason: string, cause?: unknown) {
    super(`${files} cannot be used: ${reason}`, { files, reason }, { cause });
  }
}

/** What imago keeps of its own CA, and cannot use. */
export class CaUnusable extends ImagoError {
  readonly code = 'CA_UNUSABLE';

  /** @param reason with the remedy */
  constructor(path: string, reason: string, cause?: unknown) {
    super(`${path}, of the CA for operators, cannot be used: ${reason}`, { path, reason }, { cause });
  }
}

/** Clients refuse a certificate that does not say what they call the server by. */
export class CertificateLacksNames extends ImagoError {
  readonly code = 'CERTIFICATE_LACKS_NAMES';

  /** @param names as in `DNS:boot.example` */
  constructor(file: string, names: readonly string[]) {
    const message = `${file} does not name ${names.join(', ')}: whoever calls this server so refuses it; have it made with all that operators call this server by (listeners.admin.names); if none does so any more, restart imago`;
    super(message, { file, names });
  }
}
