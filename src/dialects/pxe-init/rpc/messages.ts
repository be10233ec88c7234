import { inner, inners, message, text, texts } from '../../../grpc/message.js';

/** The messages of `proto/imago/pxe_init.proto`. */

const image = message({
  name: text(1),
  kernel: text(2),
  initrd: text(3),
  rootfs: text(4),
  arguments: texts(5),
});
/** No image is the null image. */
export const machine = message({ mac: text(1), image: text(2) });

export const nothing = message({});
export const oneImage = message({ image: inner(1, image) });
export const allImages = message({ images: inners(1, image) });
export const allMachines = message({ machines: inners(1, machine) });
export const byName = message({ name: text(1) });
export const byMac = message({ mac: text(1) });
