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
