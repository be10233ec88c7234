/** What a machine's firmware boots with. */
export const platforms = ['bios', 'uefi'] as const;
export type Platform = (typeof platforms)[number];

/** Of iPXE's `${platform}`; undefined for what is neither. */
export function platformOfIpxe(platform: string | undefined): Platform | undefined {
  return platform === 'efi' ? 'uefi' : platform === 'pcbios' ? 'bios' : undefined;
}

/** What a machine's firmware can execute, by the names that the configuration and iPXE scripts use. */
export const architectures = [
  'bios',
  'efi-ia32',
  'efi-x64',
  'efi-arm32',
  'efi-arm64',
  'efi-riscv32',
  'efi-riscv64',
  'efi-loongarch64',
] as const;
export type Architecture = (typeof architectures)[number];
