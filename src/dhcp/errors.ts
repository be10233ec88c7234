import { ImagoError } from '../errors.js';

export class PortTaken extends ImagoError {
  readonly code = 'PORT_TAKEN';

  constructor(address: string, port: number) {
    super(
      `UDP port ${port} of ${address} is taken by another program: find it with \`ss -lunp 'sport = :${port}'\` and stop it`,
      { address, port },
    );
  }
}

export class NoRightToListen extends ImagoError {
  readonly code = 'NO_RIGHT_TO_LISTEN';

  constructor(what: string) {
    super(`no right to ${what}: run as root, or with CAP_NET_BIND_SERVICE and CAP_NET_RAW`, { what });
  }
}

export class NoSuchInterface extends ImagoError {
  readonly code = 'NO_SUCH_INTERFACE';

  constructor(interfaceName: string, address: string, present: readonly string[]) {
    super(
      `the interface ${interfaceName} with the address ${address} is not there or not up (there is: ${present.join(', ') || 'none'}): ` +
        `correct network.interface or network.serverAddress, or \`ip addr add\` it`,
      { interfaceName, address, present },
    );
  }
}

export class InterfaceNotBindable extends ImagoError {
  readonly code = 'INTERFACE_NOT_BINDABLE';

  constructor(interfaceName: string, others: readonly string[], cause: string) {
    super(
      `DHCP cannot be kept to ${interfaceName} (${cause}), and this machine has other networks (${others.join(', ')}) ` +
        `that it would be answered on: repair the cause, or set network.allowOtherNetworks`,
      { interfaceName, others, cause },
    );
  }
}
