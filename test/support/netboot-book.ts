import { imageKind, machineKind } from '../../src/dialects/pxe-init/netboot-kinds.js';
import { MOST_IMAGES, MOST_MACHINES, RecordBook } from '../../src/dialects/pxe-init/record-book.js';
import { InMemoryHostStore } from './fake-host-store.js';

/** Images and machines in a store without a disk, with the history of both. */
export function netbootBook(most = { images: MOST_IMAGES, machines: MOST_MACHINES }) {
  const store = new InMemoryHostStore([], 'token', [imageKind, machineKind]);
  const changesOf = async (kind: typeof imageKind | typeof machineKind, name: string) =>
    (await store.records<object, string>(kind).history(name)).map(({ author, what }) => [author, what]);
  return {
    book: new RecordBook(store, () => undefined, most),
    /** Author and words of each, newest first. */
    changesOfImage: (name: string) => changesOf(imageKind, name),
    changesOfMachine: (mac: string) => changesOf(machineKind, mac),
  };
}
