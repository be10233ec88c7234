import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileReason, ImagoError, showValue } from '../errors.js';
import type { Fault } from './fault.js';
import { parseConfig } from './parse-config.js';
import type { Config } from './schema.js';

export class ConfigUnreadable extends ImagoError {
  readonly code = 'CONFIG_UNREADABLE';

  constructor(file: string, reason: string, cause?: unknown) {
    super(
      `the configuration ${showValue(file)} cannot be read: ${reason}; name another with --config FILE`,
      { file },
      { cause },
    );
  }
}

const LARGEST_FILE = 4 * 1024 * 1024;

/** @throws ConfigUnreadable */
function readConfig(file: string): Uint8Array {
  try {
    const { size } = statSync(file);
    if (size > LARGEST_FILE)
      throw new ConfigUnreadable(file, `it is ${size} bytes long, which no configuration is`);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof ConfigUnreadable) throw error;
    const notAllowed = 'this user may not read it';
    throw new ConfigUnreadable(file, fileReason(error, { EACCES: notAllowed, EPERM: notAllowed }), error);
  }
}

/**
 * Reads and checks a configuration file. All paths in the result are absolute.
 * @param lookAtWorld Faults that only files can tell of (templates, images); gets the configuration with absolute paths.
 * @throws ConfigUnreadable, ConfigInvalid
 */
export function loadConfig(
  file: string,
  lookAtWorld: (config: Config) => readonly Fault[] = () => [],
): Config {
  const text = readConfig(file);
  const home = dirname(dirname(resolve(file)));
  const sound = withAbsolutePaths(parseConfig(text, file), home);
  const faults = lookAtWorld(sound);
  // Parsed a second time only to give the faults of the world their lines.
  if (faults.length > 0) parseConfig(text, file, () => faults);
  return sound;
}

function withAbsolutePaths(config: Config, home: string): Config {
  const { paths, bootcfg, matchbox, listeners, operators } = config;
  const at = (name: 'data' | 'images' | 'assets' | 'keyRing', path: string | undefined) =>
    path === undefined ? {} : { [name]: resolve(home, path) };
  return {
    ...config,
    bootcfg: { ...bootcfg, ...at('data', bootcfg.data), ...at('images', bootcfg.images) },
    matchbox: {
      ...matchbox,
      ...at('data', matchbox.data),
      ...at('assets', matchbox.assets),
      ...at('keyRing', matchbox.keyRing),
    },
    listeners: {
      ...listeners,
      admin: {
        ...listeners.admin,
        tls: withAbsoluteFiles(listeners.admin.tls, home),
        ...(listeners.admin.socket !== undefined && { socket: resolve(home, listeners.admin.socket) }),
      },
      matchbox: { ...listeners.matchbox, grpc: withAbsoluteFiles(listeners.matchbox.grpc, home) },
      pxeInit: { ...listeners.pxeInit, grpc: withAbsoluteFiles(listeners.pxeInit.grpc, home) },
    },
    operators: { ...operators, certificates: withAbsoluteFiles(operators.certificates, home) },
    paths: {
      templates: resolve(home, paths.templates),
      snippets: resolve(home, paths.snippets),
      images: resolve(home, paths.images),
      tftpRoot: resolve(home, paths.tftpRoot),
      static: paths.static.map((folder) => resolve(home, folder)),
      clusters: resolve(home, paths.clusters),
      state: resolve(home, paths.state),
    },
  };
}

function withAbsoluteFiles<T extends Partial<Record<(typeof pemFiles)[number], string | undefined>>>(
  section: T | undefined,
  home: string,
): T | undefined {
  if (section === undefined) return undefined;
  const files = pemFiles.flatMap((name) => {
    const path = section[name];
    return path === undefined ? [] : [[name, resolve(home, path)] as const];
  });
  return { ...section, ...Object.fromEntries(files) };
}

const pemFiles = ['certificate', 'key', 'clientCa', 'ca', 'crl'] as const;
