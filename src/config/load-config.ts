import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ImagoError } from '../errors.js';
import type { Fault } from './fault.js';
import { parseConfig } from './parse-config.js';
import type { Config } from './schema.js';

export class ConfigUnreadable extends ImagoError {
  readonly code = 'CONFIG_UNREADABLE';

  constructor(file: string, cause: unknown) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    super(
      `the configuration ${file} cannot be read (${reason}): name one with --config FILE`,
      { file },
      { cause },
    );
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
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigUnreadable(file, error);
  }
  const home = dirname(dirname(resolve(file)));
  const sound = withAbsolutePaths(parseConfig(text, file), home);
  const faults = lookAtWorld(sound);
  // Parsed a second time only to give the faults of the world their lines.
  if (faults.length > 0) parseConfig(text, file, () => faults);
  return sound;
}

function withAbsolutePaths(config: Config, home: string): Config {
  const { paths } = config;
  return {
    ...config,
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
