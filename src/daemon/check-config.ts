import { statSync, realpathSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import type { Fault } from '../config/fault.js';
import { loadConfig } from '../config/load-config.js';
import type { Config } from '../config/schema.js';
import { checkImages } from '../images/image-catalog.js';
import { checkUser } from './become-user.js';
import { checkModes } from './check-modes.js';
import { checkOtherSystems } from './check-other-systems.js';
import { secretPlaces } from './secret-places.js';
import { checkSecrets, secretFilesOf, trialSecrets } from '../secrets/check-secrets.js';
import { checkTemplates } from '../template/check-templates.js';
import { isMissing } from '../errors.js';

export interface WhatToCheck {
  /** Whether that is a fault, too, which the daemon runs with: a missing image, a secret that others may read. */
  readonly withAll: boolean;
  /** What else is wrong with the files that it refers to. */
  readonly more?: readonly Fault[];
}

/**
 * The configuration, if it and all files that it refers to are sound.
 * @throws ConfigUnreadable, ConfigInvalid with every fault
 */
export function checkConfig(file: string, { withAll, more = [] }: WhatToCheck): Config {
  return loadConfig(file, (config) => [
    ...checkFolders(config),
    ...checkServedFolders(file, config),
    ...checkUser(config.process),
    ...checkModes(file, config).filter(({ isFatal }) => isFatal || withAll),
    ...(withAll ? checkSecrets(config.secrets, process.env) : []),
    ...checkTemplates(config, (profile) => trialSecrets(profile, config.secrets)),
    ...checkImages(config, config.paths.images).filter(({ isMissing }) => withAll || !isMissing),
    ...more,
  ]);
}

/** As `checkConfig`, with all that the daemon runs without. */
export async function checkAll(file: string): Promise<Config> {
  const more = await checkOtherSystems(loadConfig(file));
  return checkConfig(file, { withAll: true, more });
}

function checkFolders({ paths, bootcfg, matchbox }: Config): Fault[] {
  const others = [
    { path: ['bootcfg', 'data'], folder: bootcfg.data },
    { path: ['bootcfg', 'images'], folder: bootcfg.images },
    { path: ['matchbox', 'data'], folder: matchbox.data },
    { path: ['matchbox', 'assets'], folder: matchbox.assets },
  ];
  const folders = [
    ...others.flatMap(({ path, folder }) => (folder === undefined ? [] : [{ path, folder }])),
    ...(['templates', 'snippets', 'images', 'tftpRoot'] as const).map((key) => ({
      path: ['paths', key],
      folder: paths[key],
    })),
    ...paths.static.map((folder, index) => ({ path: ['paths', 'static', index], folder })),
  ];
  return folders
    .filter(({ folder }) => !statSync(join(folder, '.'), { throwIfNoEntry: false })?.isDirectory())
    .map(({ path, folder }) => ({ path, message: `${folder} is not a folder: make it, or name another` }));
}

interface OwnPlace {
  readonly path: string;
  readonly what: string;
}

/**
 * Folders whose files anybody may fetch must hold nothing of imago's own: its configuration, machines, leases, templates, passwords.
 * @param file The configuration's.
 */
export function checkServedFolders(file: string, config: Config): Fault[] {
  const { paths, bootcfg, matchbox } = config;
  const served = [
    { path: ['paths', 'images'], folder: paths.images },
    { path: ['paths', 'tftpRoot'], folder: paths.tftpRoot },
    ...(bootcfg.images === undefined ? [] : [{ path: ['bootcfg', 'images'], folder: bootcfg.images }]),
    ...(matchbox.assets === undefined ? [] : [{ path: ['matchbox', 'assets'], folder: matchbox.assets }]),
    ...paths.static.map((folder, index) => ({ path: ['paths', 'static', index], folder })),
  ];
  return served.flatMap(({ path, folder }) => {
    const own = ownPlaces(file, config).find((place) => exposes(folder, place)) ?? groupsIn(folder, config);
    return own
      ? [{ path, message: `${folder} would give ${own.what} (${own.path}) to anybody: name a folder apart` }]
      : [];
  });
}

/** Assets lie in the data folder as a rule: only the other way round are groups and templates, with their secrets, anybody's. */
function groupsIn(folder: string, { matchbox: { data } }: Config): OwnPlace | undefined {
  const isServed = data !== undefined && isInside(realPath(data), realPath(folder));
  return isServed ? { path: data, what: 'the groups and templates of matchbox' } : undefined;
}

function ownPlaces(file: string, config: Config): readonly OwnPlace[] {
  const { paths, cluster } = config;
  return [
    { path: resolve(file), what: 'the configuration' },
    { path: paths.clusters, what: 'the records of all machines' },
    { path: join(paths.state, `${cluster}.leases`), what: 'the leases' },
    ...[
      'hooks',
      'backup',
      'etcd-discovery',
      'joining',
      'mirror',
      'secrets',
      'ca',
      'gpg',
      'pixiecore',
      'admin.sock',
    ].map((name) => ({
      path: join(paths.state, name),
      what: 'what imago keeps for itself',
    })),
    { path: paths.templates, what: 'the templates' },
    { path: paths.snippets, what: 'the templates' },
    ...(config.matchbox.keyRing === undefined
      ? []
      : [{ path: config.matchbox.keyRing, what: 'the private keys of matchbox' }]),
    ...secretFiles(config).map((path) => ({ path, what: 'a secret' })),
  ];
}

function secretFiles(config: Config): readonly string[] {
  const { listeners, store } = config;
  const keys = [listeners.admin.tls?.key, listeners.matchbox.grpc?.key, listeners.pxeInit.grpc?.key];
  return [
    ...secretPlaces(config).flatMap(({ source }) => ('file' in source ? [source.file] : [])),
    ...secretFilesOf(config.secrets),
    ...[store.remote?.sshKey, ...keys].filter((path) => path !== undefined),
  ];
}

/** Whether it is the place, or lies in it or around it. */
function exposes(folder: string, { path }: OwnPlace): boolean {
  const [outer, inner] = [realPath(folder), realPath(path)];
  return isInside(inner, outer) || isInside(outer, inner);
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`);
}

/** Links resolved, as far as the path is there. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (!isMissing(error)) return path;
    const parent = resolve(path, '..');
    return parent === path ? path : join(realPath(parent), relative(parent, path));
  }
}
