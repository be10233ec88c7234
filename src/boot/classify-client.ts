import { readOption, type DhcpMessage } from '../dhcp/message.js';
import { options } from '../dhcp/options.js';
import { architectureOf, type Architecture } from './architecture.js';

/**
 * plain: no boot client, an operating system · pxe: firmware that loads by TFTP · http: UEFI HTTP boot · ipxe: iPXE,
 * from wherever it was loaded.
 */
export type BootClientKind = 'plain' | 'pxe' | 'http' | 'ipxe';

export interface BootClient {
  readonly kind: BootClientKind;
  /** Undefined where the client names none, or none that is known. */
  readonly architecture: Architecture | undefined;
  /** Of iPXE: what its user has called it (option 77); `iPXE` for one that nobody changed. */
  readonly userClass: string;
}

const PLAIN: BootClient = { kind: 'plain', architecture: undefined, userClass: '' };

/** What kind of boot client a request comes from. */
export function classifyClient(request: DhcpMessage): BootClient {
  const vendorClass = readOption(request, options.vendorClass) ?? '';
  const userClass = userClassOf(request);
  const isIpxe = isIpxeName(userClass) || request.options.has(options.ipxe.code);
  const isPxe = vendorClass.startsWith('PXEClient');
  const isHttp = vendorClass.startsWith('HTTPClient');
  if (!isIpxe && !isPxe && !isHttp) return PLAIN;
  const architecture = architectureOf(architectureCode(request, vendorClass));
  if (isIpxe) return { kind: 'ipxe', architecture, userClass };
  return { kind: isHttp ? 'http' : 'pxe', architecture, userClass };
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

/** Option 93, else the number that firmware also writes into its vendor class: `PXEClient:Arch:00007:UNDI:003016`. */
function architectureCode(request: DhcpMessage, vendorClass: string): number | undefined {
  const bytes = request.options.get(options.clientArchitectures.code);
  if (bytes !== undefined) return options.clientArchitectures.read(bytes)[0];
  const marker = vendorClass.indexOf(':Arch:');
  if (marker < 0) return undefined;
  const code = Number(vendorClass.slice(marker + 6, marker + 11));
  return Number.isInteger(code) ? code : undefined;
}
