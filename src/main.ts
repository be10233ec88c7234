import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkConfig } from './daemon/check-config.js';
import { startDaemon } from './daemon/daemon.js';
import { version } from './daemon/version.js';
import type { Config } from './config/schema.js';
import { ImagoError } from './errors.js';
import { createLogger } from './logging.js';
import { importMayu } from './store/mayu-folder.js';

const USAGE = `imago ${version()}: provisions bare machines. DHCP, TFTP and HTTP on one interface.

  imago [--config FILE]             run; ends with SIGTERM or SIGINT, reloads FILE with SIGHUP
  imago --check-config [--config FILE]
                                    list every fault of the configuration; status 1 if there is one
  imago --import-mayu FOLDER [--config FILE]
                                    take over the cluster folder of a Mayu, with its history; FOLDER is only read
  imago --version | --help

  --config FILE   the configuration, conf/imago.yaml if not given

Its machines are driven with imagoctl. Settings: docs/configuration.md
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      config: { type: 'string', default: 'conf/imago.yaml' },
      'check-config': { type: 'boolean', default: false },
      'import-mayu': { type: 'string' },
      version: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  if (values.version) {
    process.stdout.write(`imago ${version()}\n`);
    return;
  }
  const config = checkConfig(values.config, { missingImages: values['check-config'] });
  if (values['check-config']) {
    process.stdout.write(`${values.config} is sound\n`);
    return;
  }
  const mayu = values['import-mayu'];
  if (mayu !== undefined) {
    const directory = join(config.paths.clusters, config.cluster);
    const { hosts, commits } = importMayu(mayu, directory);
    process.stdout.write(`${directory}: ${hosts} hosts, ${commits} commits of ${mayu}\n`);
    return;
  }
  await run(values.config, config);
}

async function run(file: string, config: Config): Promise<void> {
  const logger = createLogger(config.logging.level);
  const daemon = await startDaemon(config, () => checkConfig(file, { missingImages: false }), logger);
  process.on('SIGHUP', () => {
    try {
      daemon.reload();
    } catch (error) {
      logger.error(
        { error: error instanceof Error ? error.message : String(error) },
        'the configuration was not reloaded',
      );
    }
  });
  const stopped = new Promise<NodeJS.Signals>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  const signal = await stopped;
  logger.info({ signal }, 'stopping');
  await daemon.close();
  logger.info({}, 'stopped');
}

try {
  await main();
} catch (error) {
  const isUsage =
    error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  const known = error instanceof ImagoError || isUsage;
  process.stderr.write(
    `imago: ${known && error instanceof Error ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exitCode = isUsage ? 2 : 1;
}
