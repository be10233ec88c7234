/** How a machine begins to boot from the network. Apart from the schemas, as the names of states are. */
type FirmwareName = 'bios' | 'uefi' | 'uefi-http' | 'ipxe' | 'arm64';

/** The last three are other words: what HTTP boot is called too, and those of iPXE's `${platform}`. */
export const firmwareWords = ['bios', 'uefi', 'uefi-http', 'ipxe', 'arm64', 'http', 'pcbios', 'efi'] as const;
export type FirmwareWord = (typeof firmwareWords)[number];

/** The one name of what a word means. */
export const firmwareOf: Readonly<Record<FirmwareWord, FirmwareName>> = {
  bios: 'bios',
  uefi: 'uefi',
  'uefi-http': 'uefi-http',
  ipxe: 'ipxe',
  arm64: 'arm64',
  http: 'uefi-http',
  pcbios: 'bios',
  efi: 'uefi',
};
