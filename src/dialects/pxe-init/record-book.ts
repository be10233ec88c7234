import type { Author } from '../../host/host-store.js';
import type { Records, RecordStore } from '../../host/record-kind.js';
import type { ReachLimit } from '../../limits.js';
import { tryParseMac, type MacAddress } from '../../net/mac-address.js';
import { NetbootFull, NetbootImageTied, NetbootImageUnknown } from './errors.js';
import type { NetbootBook, NetbootImage, NetbootMachine } from './netboot-book.js';
import { imageKind, machineKind, requireFit } from './netboot-kinds.js';

export const MOST_IMAGES = 1000;
export const MOST_MACHINES = 20_000;

/** Images and machines as records of the store: each change is a commit. */
export class RecordBook implements NetbootBook {
  readonly #images: Records<Omit<NetbootImage, 'name'>, keyof typeof imageKind.words>;
  readonly #machines: Records<Pick<NetbootMachine, 'image'>, keyof typeof machineKind.words>;
  /** An image must not go while a machine is being tied to it: what changes images is alone, machines are changed together. */
  #alone: Promise<unknown> = Promise.resolve();
  readonly #together = new Set<Promise<unknown>>();

  constructor(
    store: RecordStore,
    private readonly reach: ReachLimit,
    private readonly most = { images: MOST_IMAGES, machines: MOST_MACHINES },
  ) {
    this.#images = store.records(imageKind);
    this.#machines = store.records(machineKind);
  }

  async images(): Promise<readonly NetbootImage[]> {
    const all = Array.from(this.#images.list(), ([name, image]) => ({ name, ...image }));
    return all.sort(({ name: a }, { name: b }) => (a < b ? -1 : 1));
  }

  async machines(): Promise<readonly NetbootMachine[]> {
    const all = Array.from(this.#machines.list()).flatMap(([name, { image }]) => {
      const mac = tryParseMac(name);
      return mac === name ? [{ mac, image }] : [];
    });
    return all.sort(({ mac: a }, { mac: b }) => (a < b ? -1 : 1));
  }

  /**
   * The image of a machine; null for one that boots nothing from us, undefined for one that is not known.
   * @throws NetbootImageUnknown where somebody took the image away in the repository
   */
  imageOf(mac: MacAddress): NetbootImage | null | undefined {
    const machine = this.#machines.get(mac);
    if (machine?.image === undefined || machine.image === null) return machine?.image;
    const image = this.#images.get(machine.image);
    if (!image) throw new NetbootImageUnknown(machine.image);
    return { name: machine.image, ...image };
  }

  register({ name, ...image }: NetbootImage, author: Author): Promise<void> {
    return this.#changeImage(async () => {
      const { kernel, initrd, rootfs, arguments: more } = image;
      const record = { kernel, initrd, rootfs, arguments: [...more] };
      requireFit(record);
      if (!this.#images.get(name)) this.#requireRoom('images', this.#images.list());
      await this.#images.change(
        name,
        (before) => ({ record, code: before ? 'changed' : 'registered' }),
        author,
      );
    });
  }

  /** @param isForced Machines of it are untied, and then no machine of anybody's. */
  unregister(name: string, author: Author, isForced = false): Promise<boolean> {
    return this.#changeImage(async () => {
      if (!this.#images.get(name)) return false;
      const tied = (await this.machines()).filter(({ image }) => image === name).map(({ mac }) => mac);
      if (tied.length > 0 && !isForced) throw new NetbootImageTied(name, tied);
      await Promise.all(tied.map((mac) => this.#untie(mac, author)));
      await this.#images.change(name, () => ({ record: undefined, code: 'removed' }), author);
      return true;
    });
  }

  tie({ mac, image }: NetbootMachine, author: Author): Promise<void> {
    return this.#changeMachine(async () => {
      if (image !== null && !this.#images.get(image)) throw new NetbootImageUnknown(image);
      if (!this.#machines.get(mac)) this.#requireRoom('machines', this.#machines.list());
      await this.#machines.change(
        mac,
        () => ({
          record: { image },
          ...(image === null ? { code: 'tied-to-none' } : { code: 'tied', detail: image }),
        }),
        author,
      );
    });
  }

  untie(mac: MacAddress, author: Author): Promise<boolean> {
    return this.#changeMachine(async () => {
      if (!this.#machines.get(mac)) return false;
      await this.#untie(mac, author);
      return true;
    });
  }

  async #untie(mac: MacAddress, author: Author): Promise<void> {
    await this.#machines.change(mac, () => ({ record: undefined, code: 'untied' }), author);
  }

  /** @throws NetbootFull */
  #requireRoom(what: 'images' | 'machines', there: Iterable<unknown>): void {
    // What is on its way is not there yet.
    let count = what === 'machines' ? this.#together.size - 1 : 0;
    for (const _ of there) count += 1;
    if (count < this.most[what]) return;
    this.reach(`netboot-${what}`, { [what]: count });
    throw new NetbootFull(what, this.most[what]);
  }

  #changeImage<T>(change: () => Promise<T>): Promise<T> {
    const before = [this.#alone, ...this.#together];
    const done = Promise.all(before).then(change);
    this.#alone = done.catch(() => undefined);
    return done;
  }

  #changeMachine<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#alone.then(change);
    const over: Promise<unknown> = done.catch(() => undefined).finally(() => this.#together.delete(over));
    this.#together.add(over);
    return done;
  }
}
