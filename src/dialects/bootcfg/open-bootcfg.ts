import type { Logger } from 'pino';
import type { Config } from '../../config/schema.js';
import type { OtherSystem } from '../../http/dialect.js';
import { filesOfListener } from '../../http/served-file.js';
import { formatIpv4 } from '../../net/ipv4.js';
import { machineUrls } from '../../template/context.js';
import { BootcfgData } from './folder/bootcfg-data.js';
import { bootcfgDialect } from './bootcfg-dialect.js';
import { FaultyFiles } from './folder/faulty-files.js';
import { bootPlan } from './render.js';

export interface BootcfgParts {
  readonly config: () => Config;
  readonly logger: Logger;
  readonly clock: () => Date;
}

/** What takes the place of a bootcfg: its data folder, read as it is. */
export function openBootcfg({ config, logger, clock }: BootcfgParts): OtherSystem {
  const { bootcfg, paths } = config();
  const root = bootcfg.data ?? '';
  const log = { warn: (facts: object, message: string) => logger.warn(facts, message) };
  const faulty = new FaultyFiles({ root, log, clock });
  const data = new BootcfgData(root, (path, trouble) => faulty.saw(path, trouble));
  void faulty.start(); // machines need not wait until all files were looked at
  return {
    source: {
      name: 'bootcfg',
      async find({ uuid, mac }) {
        const found = await data.bootConfig({ uuid, mac });
        if (!found) return undefined;
        const { path: by, rule } = found;
        const retry = machineUrls(config(), undefined, undefined).bootIpxe;
        return { plan: bootPlan(found.config, { by, root: rootUrl(config()), retry }), by, rule };
      },
    },
    dialect: () => bootcfgDialect(data, bootcfg.images ?? paths.images),
    fileAt: filesOfListener({
      base: () => rootUrl(config()),
      below: 'images',
      folder: () => bootcfg.images ?? paths.images,
      setting: 'bootcfg.images',
      made: ['boot.ipxe', 'boot.ipxe.0', 'ipxe', 'cloud', 'pixiecore'],
    }),
    alarms: () => faulty.alarms(),
    close: () => faulty.close(),
  };
}

function rootUrl({ network, listeners }: Config): string {
  return `http://${formatIpv4(network.serverAddress)}:${listeners.bootcfg.port}`;
}
