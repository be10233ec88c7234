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
