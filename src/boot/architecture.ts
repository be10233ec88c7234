/** What a machine's firmware can execute, by the names that the configuration and iPXE scripts use. */
export type Architecture =
  | 'bios'
  | 'efi-ia32'
  | 'efi-x64'
  | 'efi-arm32'
  | 'efi-arm64'
  | 'efi-riscv32'
  | 'efi-riscv64'
  | 'efi-loongarch64';

/** IANA "Processor Architecture Types" (RFC 5970 §3.3, with the erratum that made 7 mean x64: 9 is what it says). */
const byCode: ReadonlyMap<number, Architecture> = new Map([
  [0, 'bios'],
  [6, 'efi-ia32'],
  [7, 'efi-x64'],
  [9, 'efi-x64'],
  [10, 'efi-arm32'],
  [11, 'efi-arm64'],
  [15, 'efi-ia32'], //         by HTTP, as the next four
  [16, 'efi-x64'],
  [17, 'efi-x64'],
  [18, 'efi-arm32'],
  [19, 'efi-arm64'],
  [20, 'bios'],
  [25, 'efi-riscv32'],
  [26, 'efi-riscv32'], //      by HTTP
  [27, 'efi-riscv64'],
  [28, 'efi-riscv64'], //      by HTTP
  [39, 'efi-loongarch64'],
  [40, 'efi-loongarch64'], //  by HTTP
]);

export function architectureOf(code: number | undefined): Architecture | undefined {
  return code === undefined ? undefined : byCode.get(code);
}
