import type { Author } from '../../../../src/host/host-store.js';
import type { MacAddress } from '../../../../src/net/mac-address.js';
import { InvalidRecord } from '../../../../src/host/record-kind.js';
import { NetbootImageTied, NetbootImageUnknown } from '../../../../src/dialects/pxe-init/errors.js';
import type {
  NetbootBook,
  NetbootImage,
  NetbootMachine,
} from '../../../../src/dialects/pxe-init/netboot-book.js';

/** Images and machines that are forgotten with the process, and who changed them: `register live by ci`. */
export class MemoryNetbootBook implements NetbootBook {
  readonly told: string[] = [];
  readonly #images = new Map<string, NetbootImage>();
  readonly #machines = new Map<MacAddress, NetbootMachine>();

  async images(): Promise<readonly NetbootImage[]> {
    return [...this.#images.values()].sort(({ name: a }, { name: b }) => (a < b ? -1 : 1));
  }

  async register(image: NetbootImage, { name }: Author): Promise<void> {
    if (image.kernel === '') throw new InvalidRecord('kernel', '', 'is empty: write its URL or path');
    this.#images.set(image.name, image);
    this.told.push(`register ${image.name} by ${name}`);
  }

  async unregister(name: string, author: Author): Promise<boolean> {
    const tied = [...this.#machines.values()].filter(({ image }) => image === name).length;
    if (tied > 0) throw new NetbootImageTied(name, tied);
    this.told.push(`unregister ${name} by ${author.name}`);
    return this.#images.delete(name);
  }

  async machines(): Promise<readonly NetbootMachine[]> {
    return [...this.#machines.values()].sort(({ mac: a }, { mac: b }) => (a < b ? -1 : 1));
  }

  async tie(machine: NetbootMachine, { name }: Author): Promise<void> {
    const { mac, image } = machine;
    if (image !== null && !this.#images.has(image)) throw new NetbootImageUnknown(image);
    this.#machines.set(mac, machine);
    this.told.push(`tie ${mac} to ${image} by ${name}`);
  }

  async untie(mac: MacAddress, { name }: Author): Promise<boolean> {
    this.told.push(`untie ${mac} by ${name}`);
    return this.#machines.delete(mac);
  }
}
