import { ImagoError } from '../errors.js';
import type { Listener } from './listeners.js';

export class ListenFailed extends ImagoError {
  readonly code = 'LISTEN_FAILED';

  constructor({ address, port, setting }: Listener, errno: string, options?: ErrorOptions) {
    super(
      `cannot listen on ${address} port ${port}/tcp: ${remedyOf(errno, address, port, setting)}`,
      { address, port, errno },
      options,
    );
  }
}

function remedyOf(errno: string, address: string, port: number, setting: string): string {
  switch (errno) {
    case 'EADDRINUSE':
      return `another process has it; find it with \`ss -ltnp 'sport = :${port}'\` and stop it, or set ${setting}`;
    case 'EADDRNOTAVAIL':
      return `this machine does not have the address ${address}; give it to network.interface, or correct network.serverAddress`;
    case 'EACCES':
      return `ports below 1024 take the capability CAP_NET_BIND_SERVICE; start imago as root, or set ${setting}`;
    default:
      return errno;
  }
}
