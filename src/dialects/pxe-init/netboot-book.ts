import type { Author } from '../../host/host-store.js';
import type { MacAddress } from '../../net/mac-address.js';

/** What machines boot over the network, each time. */
export interface NetbootImage {
  readonly name: string;
  /** URLs, or paths below the base URL that is set. */
  readonly kernel: string;
  readonly initrd: string;
  readonly rootfs: string;
  /** Added to the kernel's command line. */
  readonly arguments: readonly string[];
}

/** A machine that is known by its card. */
export interface NetbootMachine {
  readonly mac: MacAddress;
  /** The name of its image; null for the null image: it boots nothing from us. */
  readonly image: string | null;
}

/** The images that there are, and whose machines they are. What was changed would survive a power cut once the promise resolves. */
export interface NetbootBook {
  /** In the order of their names. */
  images(): Promise<readonly NetbootImage[]>;
  /** In place of the image of that name. @throws InvalidValue, InvalidRecord, StoreUnavailable */
  register(image: NetbootImage, author: Author): Promise<void>;
  /** False where there is none. @throws NetbootImageTied, InvalidValue, StoreUnavailable */
  unregister(name: string, author: Author): Promise<boolean>;
  /** In the order of their addresses. */
  machines(): Promise<readonly NetbootMachine[]>;
  /** In place of what the machine was tied to. @throws NetbootImageUnknown, StoreUnavailable */
  tie(machine: NetbootMachine, author: Author): Promise<void>;
  /** False where it was not known. @throws StoreUnavailable */
  untie(mac: MacAddress, author: Author): Promise<boolean>;
}
