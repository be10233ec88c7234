import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { readCommandLine, WrongCommandLine } from './daemon/command-line.js';
import { takeOverMayu } from './daemon/take-over-mayu.js';
import { loaderWarnings } from './daemon/boot-loaders.js';
import { checkAll, checkConfig } from './daemon/check-config.js';
import { checkModes } from './daemon/check-modes.js';
import { forbidCoreDumps } from './daemon/forbid-core-dumps.js';
import { startDaemon } from './daemon/daemon.js';
import { runUntilStopped } from './daemon/run-until-stopped.js';
import { version } from './daemon/version.js';
import { unreachedProfiles } from './config/unreached-profiles.js';
import type { Config } from './config/schema.js';
import { counted, ImagoError } from './errors.js';
import { createLogger } from './logging.js';
import { exportMayu } from './store/mayu/export-mayu.js';
import { restoreCluster } from './store/backup/restore.js';

const USAGE = `imago ${version()}: provisions bare machines. DHCP, TFTP and HTTP on one interface.

  imago [--config FILE]             run; ends with SIGTERM or SIGINT, reloads FILE with SIGHUP
  imago --check-config [--config FILE]
                                    list every fault of the configuration; status 1 if there is one
  imago --import-mayu FOLDER [--skip-faulty] [--etcd-endpoint URL | --without-etcd-registry] [--config FILE]
                                    take over the cluster folder of a Mayu, with its history; FOLDER is only read.
                                    URL: of the etcd that has the members of Mayu's etcd discovery
  imago --export-mayu FOLDER [--config FILE]
                                    write the cluster, with its history, as a folder that Mayu takes
  imago --check-matchbox FOLDER     list what of a data folder of matchbox would not fit; status 1 if there is something
  imago --import-matchbox FOLDER [--skip-faulty] [--config FILE]
                                    make records of a data folder of matchbox; FOLDER is only read
  imago --restore BACKUP [--config FILE]
                                    make the cluster's folder of what imagoctl backup saved, or of a git clone of it
  imago --version | --help

  --config FILE   the configuration, conf/imago.yaml if not given

Its machines are driven with imagoctl. Settings: docs/configuration.md
`;

async function main(): Promise<void> {
  const values = readCommandLine(process.argv.slice(2));
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  if (values.version) {
    process.stdout.write(`imago ${version()}\n`);
    return;
  }
  const { 'check-matchbox': matchbox } = values;
  if (matchbox !== undefined) {
    const { checkMatchbox } = await import('./daemon/take-over-matchbox.js');
    process.stdout.write(`${await checkMatchbox(matchbox)}\n`);
    return;
  }
  if (values['check-config']) {
    const config = await checkAll(values.config);
    const { configured, builtIn } = loaderWarnings(config);
    const { certificateWarnings } = await import('./daemon/names-of-operators.js');
    const texts = [...unreachedProfiles(config.profiles), ...certificateWarnings(config)];
    const warnings = [...texts, ...configured.map(({ text }) => text)].map((text) => `warning: ${text}`);
    const notes = builtIn === undefined ? [] : [`note: ${builtIn}`];
    process.stdout.write(`${[`${values.config} is sound`, ...warnings, ...notes].join('\n')}\n`);
    return;
  }
  const config = checkConfig(values.config, { withAll: false });
  const moved = await move(config, values);
  if (moved === undefined) await run(values.config, config);
  else process.stdout.write(`${moved}\n`);
}

type Moves = ReturnType<typeof readCommandLine>;

/** Makes the cluster's folder, or another one of it. @returns what was done; undefined when nothing of this is wanted. */
async function move(config: Config, wanted: Moves): Promise<string | undefined> {
  const directory = join(config.paths.clusters, config.cluster);
  const {
    'import-mayu': source,
    'import-matchbox': matchbox,
    'export-mayu': target,
    restore: backup,
  } = wanted;
  if (source !== undefined) {
    return takeOverMayu(source, config, {
      skipFaulty: wanted['skip-faulty'],
      etcdEndpoint: wanted['etcd-endpoint'],
      withoutEtcdRegistry: wanted['without-etcd-registry'],
    });
  }
  if (matchbox !== undefined) {
    const { takeOverMatchbox } = await import('./daemon/take-over-matchbox.js');
    return takeOverMatchbox(matchbox, config, { skipFaulty: wanted['skip-faulty'] });
  }
  if (target !== undefined) {
    const { hosts, commits } = await exportMayu(directory, target);
    return `${target}: ${counted(hosts, 'host')}, ${counted(commits, 'commit')} of ${directory}`;
  }
  if (backup === undefined) return undefined;
  const head = await restoreCluster(backup, directory, config.images.reserveGigabytes * 1e9);
  return `${directory}: restored from ${backup}, at commit ${head}`;
}

async function run(file: string, config: Config): Promise<void> {
  const logger = createLogger(config.logging.level);
  const dumps = await forbidCoreDumps();
  if (dumps !== undefined)
    logger.warn({ reason: dumps }, 'the system may write memory, with secrets in it, to disk after a crash');
  for (const { message } of checkModes(file, config)) logger.warn({}, message);
  const daemon = await startDaemon(config, () => checkConfig(file, { withAll: false }), logger);
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
  process.exitCode = await runUntilStopped(daemon, logger);
}

// What imago writes is its own and its group's: tokens and leases are no business of others. Who starts it may be stricter.
process.umask(process.umask(0o077) | 0o027);
// V8 would let the heap of a storm grow to several times what is in use before it collects.
setFlagsFromString('--heap-growing-percent=40');

try {
  await main();
} catch (error) {
  const text =
    error instanceof ImagoError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`imago: ${text}\n`);
  process.exitCode = error instanceof WrongCommandLine ? 2 : 1;
}
