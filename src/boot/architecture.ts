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

/** One of IANA's "Processor Architecture Types", as far as there are programs for it. */
export interface Processor {
  readonly architecture: Architecture;
  /** Loads by HTTP, and so wants a URL. */
  readonly byHttp: boolean;
}

/** RFC 5970 §3.3, with the erratum that made 7 mean x64: 9 is what it says. What U-Boot starts are EFI programs. */
const byCode: ReadonlyMap<number, Processor> = new Map([
  [0, byTftp('bios')],
  [6, byTftp('efi-ia32')],
  [7, byTftp('efi-x64')],
  [9, byTftp('efi-x64')],
  [10, byTftp('efi-arm32')],
  [11, byTftp('efi-arm64')],
  [15, byHttp('efi-ia32')],
  [16, byHttp('efi-x64')],
  [17, byHttp('efi-x64')],
  [18, byHttp('efi-arm32')],
  [19, byHttp('efi-arm64')],
  [20, byHttp('bios')],
  [21, byTftp('efi-arm32')], //  U-Boot, as the next three
  [22, byTftp('efi-arm64')],
  [23, byHttp('efi-arm32')],
  [24, byHttp('efi-arm64')],
  [25, byTftp('efi-riscv32')],
  [26, byHttp('efi-riscv32')],
  [27, byTftp('efi-riscv64')],
  [28, byHttp('efi-riscv64')],
  [39, byTftp('efi-loongarch64')],
  [40, byHttp('efi-loongarch64')],
]);

export function processorOf(code: number): Processor | undefined {
  return byCode.get(code);
}

function byTftp(architecture: Architecture): Processor {
  return { architecture, byHttp: false };
}

function byHttp(architecture: Architecture): Processor {
  return { architecture, byHttp: true };
}
