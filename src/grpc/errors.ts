import { ImagoError } from '../errors.js';

export class GrpcListenFailed extends ImagoError {
  readonly code = 'GRPC_LISTEN_FAILED';

  /** @param setting of the port */
  constructor(address: string, port: number, setting: string, errno: string, cause?: unknown) {
    super(
      `gRPC cannot listen on ${address} port ${port} (${errno}): stop what answers there (\`ss -lntp 'sport = :${port}'\`), or set ${setting}`,
      { address, port, setting, errno },
      { cause },
    );
  }
}

/** A file of the certificates that a listener shows, or asks for. */
export class CertificateUnusable extends ImagoError {
  readonly code = 'CERTIFICATE_UNUSABLE';

  /** @param files with the settings that name them */
  constructor(files: string, reason: string, cause?: unknown) {
    super(`${files} cannot be used: ${reason}`, { files, reason }, { cause });
  }
}
