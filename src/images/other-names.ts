/** The names of one file: that of Mayu's URLs, and those that the makers of Flatcar and of CoreOS gave it, which Mayu kept on disk. */
const families: readonly (readonly string[])[] = [
  ['vmlinuz', 'flatcar_production_pxe.vmlinuz', 'coreos_production_pxe.vmlinuz'],
  ['initrd.cpio.gz', 'flatcar_production_pxe_image.cpio.gz', 'coreos_production_pxe_image.cpio.gz'],
  ['install_image.bin.bz2', 'flatcar_production_image.bin.bz2', 'coreos_production_image.bin.bz2'],
];

/** The names under which a version may have the file, its own first. */
export function namesOf(file: string): readonly string[] {
  const family = families.find((names) => names.includes(file)) ?? [];
  return [file, ...family.filter((name) => name !== file)];
}
