import { ipxeTemplateWord } from '../boot/render-ipxe.js';
import { InvalidValue, UnfitValue } from '../errors.js';
import { isOneMachines, tryParseMac, type MacAddress } from '../net/mac-address.js';
import type { BootFile, StaticBoot } from './static-boot.js';

/** A file that the operator brings, or where it is. */
export type OrderedFile = { readonly file: string } | { readonly url: string };

export interface BootOrder {
  readonly kernel: OrderedFile;
  readonly initrds: readonly OrderedFile[];
  readonly cmdline: string;
  readonly message: string;
  readonly macs: readonly string[];
  /** Any number of times for so long; once each without. */
  readonly seconds?: number | undefined;
  readonly includeRunning: boolean;
}

/** How long a boot waits for its files, and one that is for once for its machines. */
const BRING_SECONDS = 3600;
const ONCE_SECONDS = 24 * 3600;

/** @throws InvalidValue that names the field */
export function bootOfOrder(id: string, order: BootOrder, by: string, now: Date): StaticBoot {
  const files = [
    fileOf('kernel', order.kernel),
    ...order.initrds.map((initrd, index) => fileOf(`initrd${index}`, initrd)),
  ];
  const boot = {
    id,
    by,
    ordered: now.toISOString(),
    seconds: order.seconds ?? ONCE_SECONDS,
    isOnce: order.seconds === undefined,
    macs: [...new Set(order.macs.map(macIn))],
    includeRunning: order.includeRunning,
    files,
    arguments: argumentsIn(order.cmdline),
    message: order.message,
    booted: [],
  };
  const isThere = files.every(({ bytes }) => bytes !== undefined);
  return { ...boot, until: after(now, isThere ? boot.seconds : BRING_SECONDS) };
}

/** The boot with one more of its files; its time begins with the last. */
export function withFile(boot: StaticBoot, name: string, bytes: number, now: Date): StaticBoot {
  const files = boot.files.map((file) => (file.name === name ? { ...file, bytes } : file));
  const isThere = files.every((file) => file.bytes !== undefined);
  return { ...boot, files, ...(isThere && { until: after(now, boot.seconds) }) };
}

function after(now: Date, seconds: number): string {
  return new Date(now.getTime() + seconds * 1000).toISOString();
}

function fileOf(name: string, ordered: OrderedFile): BootFile {
  if ('file' in ordered) return { name, label: ordered.file };
  const url = URL.canParse(ordered.url) ? new URL(ordered.url) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new InvalidValue('an http or https address', ordered.url, 'give that, or bring a file', name);
  }
  if (url.username !== '' || url.password !== '') {
    throw new InvalidValue('an address without a password', url.host, 'it would be recorded', name);
  }
  return { name, label: url.pathname.split('/').at(-1) ?? name, url: url.href, bytes: 0 };
}

function macIn(text: string): MacAddress {
  const mac = tryParseMac(text);
  if (mac !== undefined && isOneMachines(mac)) return mac;
  throw new InvalidValue('the MAC address of a machine', text, 'write it as 52:54:00:00:00:01', 'macs');
}

/** iPXE splits them at blanks, and joins them by one again: so does this. */
function argumentsIn(cmdline: string): string[] {
  const words = cmdline.split(/\s+/).filter((word) => word !== '');
  for (const word of words) {
    try {
      ipxeTemplateWord(word);
    } catch (error) {
      if (!(error instanceof UnfitValue)) throw error;
      throw new InvalidValue('an argument that iPXE can pass on', word, error.message, 'cmdline');
    }
  }
  return words;
}
