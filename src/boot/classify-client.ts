import { readOption, type DhcpMessage } from '../dhcp/message.js';
import { options } from '../dhcp/options.js';
import type { Architecture, Platform } from '../host/platform.js';

/**
 * plain: no boot client, an operating system · pxe: firmware that loads by TFTP · http: UEFI HTTP boot · ipxe: iPXE,
 * from wherever it was loaded.
 */
export type BootClientKind = 'plain' | 'pxe' | 'http' | 'ipxe';

export interface BootClient {
  readonly kind: BootClientKind;
  /** Each code of option 93, then that of the vendor class where none of them is known. */
  readonly codes: readonly number[];
  /** That of the first code that is known; undefined where none is. */
  readonly architecture: Architecture | undefined;
  /** Of iPXE: what its user has called it (option 77); `iPXE` for one that nobody changed. */
  readonly userClass: string;
}

const PLAIN: BootClient = { kind: 'plain', codes: [], architecture: undefined, userClass: '' };

/** What kind of boot client a request comes from. */
export function classifyClient(request: DhcpMessage): BootClient {
  const vendorClass = readOption(request, options.vendorClass) ?? '';
  const userClass = userClassOf(request);
  const isIpxe = isIpxeName(userClass) || request.options.has(options.ipxe.code);
  const isPxe = vendorClass.startsWith('PXEClient');
  const isHttp = vendorClass.startsWith('HTTPClient');
  if (!isIpxe && !isPxe && !isHttp) return PLAIN;
  const listed = readOption(request, options.clientArchitectures);
  const known = listed && firstKnown(listed);
  const codes = known && listed ? listed : architectureCodes(listed, vendorClass, isPxe);
  const processor = known ?? firstKnown(codes);
  const architecture = processor?.architecture;
  if (isIpxe) return { kind: 'ipxe', codes, architecture, userClass };
  const kind = isHttp || processor?.byHttp === true ? 'http' : 'pxe';
  return { kind, codes, architecture, userClass };
}

/** gPXE is what iPXE was called until 2010. */
function isIpxeName(userClass: string): boolean {
  return userClass === 'iPXE' || userClass === 'gPXE';
}

/** iPXE sends the bare text; RFC 3004 §4 wants a list of length-prefixed values, of which the first counts. */
function userClassOf(request: DhcpMessage): string {
  const bytes = request.options.get(options.userClass.code);
  if (bytes === undefined) return '';
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const firstLength = bytes[0] ?? 0;
  const isList = firstLength > 0 && firstLength < bytes.length && firstLength < 32;
  return isList ? whole.slice(1, 1 + firstLength) : whole;
}

const BIOS: readonly number[] = [0];

/**
 * Those of option 93, then the one that firmware also writes into its vendor class: `PXEClient:Arch:00007:UNDI:003016`. A
 * PXE client that names none is from before there were others than BIOS.
 */
function architectureCodes(
  listed: readonly number[] | undefined,
  vendorClass: string,
  isPxe: boolean,
): readonly number[] {
  const inClass = /:Arch:(\d{1,5})/.exec(vendorClass)?.[1];
  if (inClass === undefined) return listed ?? (isPxe ? BIOS : []);
  return [...(listed ?? []), Number(inClass)];
}

export function firstKnown(codes: readonly number[]): Processor | undefined {
  for (const code of codes) {
    const processor = processorOf(code);
    if (processor !== undefined) return processor;
  }
  return undefined;
}

/** What the firmware says that it boots with, by option 93; undefined of an operating system, and of what is neither. */
export function platformOfDhcp(request: DhcpMessage): Platform | undefined {
  const { architecture } = classifyClient(request);
  if (architecture === 'bios') return 'bios';
  return architecture?.startsWith('efi-') === true ? 'uefi' : undefined;
}

/** One of IANA's "Processor Architecture Types", as far as there are programs for it. */
interface Processor {
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

function processorOf(code: number): Processor | undefined {
  return byCode.get(code);
}

function byTftp(architecture: Architecture): Processor {
  return { architecture, byHttp: false };
}

function byHttp(architecture: Architecture): Processor {
  return { architecture, byHttp: true };
}
