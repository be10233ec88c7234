import type { Ipv4 } from '../net/ipv4.js';
import type { Architecture } from '../host/platform.js';
import type { BootClient } from './classify-client.js';

/**
 * What Debian's `ipxe` package brings, and the usual names for the rest. EFI x64 gets iPXE on the firmware's own network driver:
 * Debian's `ipxe.efi`, which brings its own drivers, hangs under OVMF when it hands back to boot the disk.
 */
export const builtInLoaders = {
  bios: { tftp: 'undionly.kpxe' },
  'efi-ia32': { tftp: 'ipxe-i386.efi' },
  'efi-x64': { tftp: 'snponly.efi' },
  'efi-arm32': { tftp: 'ipxe-arm32.efi' },
  'efi-arm64': { tftp: 'ipxe-arm64.efi' },
} as const satisfies LoaderTable;

export interface BootSettings {
  /** Given to iPXE: the URL of its first script, at most 255 bytes. */
  readonly bootUrl: string;
  readonly tftpServer: Ipv4;
  /** Where UEFI HTTP boot fetches a loader from, with a final slash: the loader's file name is appended. */
  readonly loaderBaseUrl: string;
  /** Per architecture, over the built-in table. */
  readonly loaders?: LoaderTable;
  /**
   * Set where an iPXE that came with a machine is too old to be used: only an iPXE with this user class gets
   * `bootUrl`, any other gets our loader first.
   */
  readonly ownUserClass?: string;
}

export type BootAnswer =
  | { readonly kind: 'none' }
  /** A file by TFTP. */
  | { readonly kind: 'tftp'; readonly file: string }
  /** A URL for iPXE, which needs no vendor class beside it. */
  | { readonly kind: 'script'; readonly url: string }
  /** A URL for UEFI HTTP boot, which ignores answers without the vendor class `HTTPClient`. */
  | { readonly kind: 'http'; readonly url: string };

export interface BootOverrides {
  /** Later ones win: those of the profile, of the host. */
  readonly tables: readonly LoaderTable[];
  /** For this client whatever its architecture, over all tables. */
  readonly loader?: Loader | undefined;
  /** Our own iPXE was given to this client a moment ago: what comes now is that one, whatever its user class. */
  readonly chained: boolean;
}

/** What a client boots. A plain client boots nothing, and nor does one whose architecture nobody has a loader for. */
export function bootAnswer(client: BootClient, settings: BootSettings, overrides: BootOverrides): BootAnswer {
  switch (client.kind) {
    case 'plain':
      return { kind: 'none' };
    case 'ipxe':
      return isOurs(client, settings) || overrides.chained
        ? { kind: 'script', url: settings.bootUrl }
        : orScript(byTftp(loaderFor(client, settings, overrides)), settings);
    case 'pxe':
      return byTftp(loaderFor(client, settings, overrides));
    case 'http':
      break;
  }
  return byHttp(loaderFor(client, settings, overrides), settings);
}

/** Without a loader for its architecture, an old iPXE is better than none. */
function orScript(answer: BootAnswer, settings: BootSettings): BootAnswer {
  return answer.kind === 'none' ? { kind: 'script', url: settings.bootUrl } : answer;
}

function isOurs(client: BootClient, settings: BootSettings): boolean {
  return settings.ownUserClass === undefined || client.userClass === settings.ownUserClass;
}

function loaderFor(client: BootClient, settings: BootSettings, overrides: BootOverrides): Loader | undefined {
  const tables: readonly (LoaderTable | undefined)[] = [
    builtInLoaders,
    settings.loaders,
    ...overrides.tables,
  ];
  const { architecture } = client;
  let loader: Loader | undefined;
  for (const table of tables) {
    if (architecture !== undefined) loader = overriddenLoader(loader, table?.[architecture]);
    if (table?.codes !== undefined) loader = overriddenLoader(loader, ofFirst(client.codes, table.codes));
  }
  return overriddenLoader(loader, overrides.loader);
}

function ofFirst(codes: readonly number[], table: Readonly<Record<number, Loader>>): Loader | undefined {
  const code = codes.find((each) => table[each] !== undefined);
  return code === undefined ? undefined : table[code];
}

function byTftp(loader: Loader | undefined): BootAnswer {
  return loader?.tftp === undefined ? { kind: 'none' } : { kind: 'tftp', file: loader.tftp };
}

function byHttp(loader: Loader | undefined, settings: BootSettings): BootAnswer {
  if (loader?.http !== undefined) return { kind: 'http', url: loader.http };
  if (loader?.tftp === undefined) return { kind: 'none' };
  return { kind: 'http', url: `${settings.loaderBaseUrl}${loader.tftp}` };
}

/** One word for logs: what the client will fetch; empty for nothing. */
export function describeBoot(answer: BootAnswer): string {
  switch (answer.kind) {
    case 'none':
      return '';
    case 'tftp':
      return answer.file;
    case 'script':
    case 'http':
      break;
  }
  return answer.url;
}

/** The first program for an architecture. */
export interface Loader {
  /** A name below the TFTP root, at most 127 bytes. */
  readonly tftp?: string | undefined;
  /** A URL for UEFI HTTP boot, at most 255 bytes; without it the TFTP name below the loaders' base URL. */
  readonly http?: string | undefined;
}

export type LoaderTable = Readonly<Partial<Record<Architecture, Loader | undefined>>> & {
  /** By the number of option 93, before the architecture that it means. */
  readonly codes?: Readonly<Record<number, Loader>> | undefined;
};

/**
 * What one table says over what an earlier one said. Who names another file means it for HTTP boot as well, unless a URL is
 * given beside it; who gives only a URL leaves the file as it was.
 */
export function overriddenLoader(earlier: Loader | undefined, later: Loader | undefined): Loader | undefined {
  if (later?.tftp !== undefined || earlier === undefined) return later ?? earlier;
  return { tftp: earlier.tftp, http: later?.http ?? earlier.http };
}
