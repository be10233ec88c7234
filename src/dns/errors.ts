import { ImagoError } from '../errors.js';

export class DnsPortUnusable extends ImagoError {
  readonly code = 'DNS_PORT_UNUSABLE';

  constructor(address: string, port: number, errno: string, cause?: unknown) {
    super(
      `DNS cannot listen on ${address} port ${port} (${errno}): stop what answers there (\`ss -lnp 'sport = :${port}'\`), set dns.port, or turn dns.enabled off`,
      { address, port, errno },
      { cause },
    );
  }
}

/** More than any query takes. */
export class MessageTooLong extends Error {
  override readonly name = 'MessageTooLong';
}
