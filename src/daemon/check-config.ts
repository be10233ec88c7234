import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from '../config/fault.js';
import { loadConfig } from '../config/load-config.js';
import type { Config } from '../config/schema.js';
import { checkImages } from '../images/image-catalog.js';
import { checkServedFolders } from './check-served-folders.js';
import { checkUser } from './become-user.js';
import { checkTemplates } from '../template/check-templates.js';

export interface WhatToCheck {
  /** Whether a missing image is a fault. The daemon runs without: it is what images are fetched with. */
  readonly missingImages: boolean;
}

/**
 * The configuration, if it and all files that it refers to are sound.
 * @throws ConfigUnreadable, ConfigInvalid with every fault
 */
export function checkConfig(file: string, { missingImages }: WhatToCheck): Config {
  return loadConfig(file, (config) => [
    ...checkFolders(config),
    ...checkServedFolders(file, config),
    ...checkUser(config.process),
    ...checkTemplates(config),
    ...checkImages(config, config.paths.images).filter(({ isMissing }) => missingImages || !isMissing),
  ]);
}

function checkFolders({ paths }: Config): Fault[] {
  const folders = [
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
