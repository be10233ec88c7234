import { statSync } from 'node:fs';
import { builtInLoaders, type Loader, type LoaderTable } from '../boot/boot-file.js';
import { showPath, type FaultPath } from '../config/fault.js';
import type { Config } from '../config/schema.js';
import { pathInside } from '../files/open-inside.js';

/** A file that DHCP tells machines to boot, and by which setting, or for which architecture. */
export interface NamedLoader {
  readonly file: string;
  readonly where: string;
  /** Whether the configuration names it; else the built-in table does. */
  readonly configured: boolean;
}

type WhatNames = Pick<Config, 'dhcp' | 'profiles' | 'hosts'>;

/** Each file once for each place that names it. */
export function namedLoaders({ dhcp, profiles, hosts }: WhatNames): NamedLoader[] {
  if (dhcp.mode === 'off') return [];
  const builtIn = Object.entries(builtInLoaders)
    .filter(([architecture]) => ofTable(dhcp.loaders, architecture)?.tftp === undefined)
    .map(([where, { tftp }]) => ({ file: tftp, where, configured: false }));
  return [
    ...builtIn,
    ...inTable(dhcp.loaders, ['dhcp', 'loaders']),
    ...dhcp.reservations.flatMap(({ loader }, index) =>
      named(loader, ['dhcp', 'reservations', index, 'loader']),
    ),
    ...profiles.flatMap(({ boot }, index) => inTable(boot.loaders, ['profiles', index, 'boot', 'loaders'])),
    ...hosts.flatMap(({ loaders }, index) => inTable(loaders, ['hosts', index, 'loaders'])),
  ];
}

/** Whether the file is below `paths.tftpRoot`. */
export function hasLoader(tftpRoot: string, file: string): boolean {
  const path = pathInside(tftpRoot, segmentsOf(file));
  return path !== undefined && statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** A name as clients write it, with or without the root's slash. */
export function plainName(file: string): string {
  return segmentsOf(file).join('/');
}

/** What the operator should know of loaders that are not there: a line for each that is configured, one for the rest. */
export function loaderWarnings(config: WhatNames & Pick<Config, 'paths'>): {
  readonly configured: readonly { readonly file: string; readonly text: string }[];
  readonly builtIn: string | undefined;
} {
  const missing = namedLoaders(config).filter(({ file }) => !hasLoader(config.paths.tftpRoot, file));
  const builtIn = missing
    .filter(({ configured }) => !configured)
    .map(({ file, where }) => `${where} (${file})`);
  return {
    configured: missing
      .filter(({ configured }) => configured)
      .map((loader) => ({ file: loader.file, text: missingText(loader) })),
    builtIn:
      builtIn.length === 0
        ? undefined
        : `there is no boot loader for ${builtIn.join(', ')}: to boot such machines put the file into paths.tftpRoot, or name another in dhcp.loaders`,
  };
}

export function missingText({ file, where, configured }: NamedLoader): string {
  return configured
    ? `${where}: ${file} is not in paths.tftpRoot: put it there, or name another`
    : `the boot loader for ${where}, ${file}, is not in paths.tftpRoot: put it there, or name another in dhcp.loaders`;
}

function inTable(table: LoaderTable | undefined, path: FaultPath): NamedLoader[] {
  const { codes = {}, ...architectures } = table ?? {};
  return [
    ...Object.entries(architectures).flatMap(([name, loader]) => named(loader, [...path, name])),
    ...Object.entries(codes).flatMap(([code, loader]) => named(loader, [...path, 'codes', code])),
  ];
}

function named(loader: Loader | undefined, path: FaultPath): NamedLoader[] {
  if (loader?.tftp === undefined) return [];
  return [{ file: loader.tftp, where: showPath([...path, 'tftp']), configured: true }];
}

function ofTable(table: LoaderTable, architecture: string): Loader | undefined {
  return Object.entries(table).find(([name]) => name === architecture)?.[1];
}

function segmentsOf(file: string): string[] {
  return file.split('/').filter((segment) => segment !== '' && segment !== '.');
}
