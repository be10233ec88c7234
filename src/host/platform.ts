/** What a machine's firmware boots with. */
export const platforms = ['bios', 'uefi'] as const;
export type Platform = (typeof platforms)[number];

/** Of iPXE's `${platform}`; undefined for what is neither. */
export function platformOfIpxe(platform: string | undefined): Platform | undefined {
  return platform === 'efi' ? 'uefi' : platform === 'pcbios' ? 'bios' : undefined;
}
