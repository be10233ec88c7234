import { counted, ImagoError, showValue } from '../../errors.js';

export class NetbootImageUnknown extends ImagoError {
  readonly code = 'NETBOOT_IMAGE_UNKNOWN';

  constructor(name: string) {
    super(`there is no image ${showValue(name)}: register it, or name one that is registered`, {
      image: showValue(name),
    });
  }
}

/** An image that machines boot. */
export class NetbootImageTied extends ImagoError {
  readonly code = 'NETBOOT_IMAGE_TIED';

  /** @param machines Their addresses. */
  constructor(name: string, machines: readonly string[]) {
    const count = counted(machines.length, 'machine');
    const more = machines.length > MOST_NAMED ? ', …' : '';
    super(
      `${showValue(name)} is the image of ${count} (${machines.slice(0, MOST_NAMED).join(', ')}${more}): tie them to another, or untie them`,
      { image: showValue(name), machines: machines.slice(0, MOST_NAMED), count: machines.length },
    );
  }
}

const MOST_NAMED = 20;

export class NetbootMachineUnknown extends ImagoError {
  readonly code = 'NETBOOT_MACHINE_UNKNOWN';

  constructor(machine: string) {
    super(`${showValue(machine)} is tied to no image: see imagoctl netboot machines`, {
      machine: showValue(machine),
    });
  }
}

/** There are as many images or machines as there may be. */
export class NetbootFull extends ImagoError {
  readonly code = 'NETBOOT_FULL';

  constructor(what: 'images' | 'machines', most: number) {
    super(`there are ${most} ${what} already, as many as there may be: take some away first`, { what, most });
  }
}
