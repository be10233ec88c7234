import { ImagoError, showValue } from '../../errors.js';

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

  /** @param machines How many. */
  constructor(name: string, machines: number) {
    super(
      `${showValue(name)} is the image of ${machines} ${machines === 1 ? 'machine' : 'machines'}: tie them to another, or untie them`,
      { image: showValue(name), machines },
    );
  }
}
