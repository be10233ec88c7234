import { Args } from '@oclif/core';
import { escapeText } from '../../errors.js';
import { configFlag, runDaemonProgram } from '../daemon-program.js';
import { ImagoCommand } from '../imago-command.js';
import { UsageError } from '../errors.js';
import { listedMachine, type ListedMachine } from '../machine-list.js';
import { selectorFlags } from '../flags.js';
import { selectHosts } from '../targets.js';

export default class Export extends ImagoCommand {
  static override summary = 'Print the machines as a list that import reads.';
  static override description =
    'JSON, or what --output says. What they went through is not in it: that is in the Git repository of the cluster.\n\nexport mayu FOLDER writes the cluster, with its history, as a folder that Mayu takes: on the server. The cluster is that of the configuration --config, also under ./bin/sandbox exec.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --profile core > core.json',
    '<%= config.bin %> <%= command.id %> mayu /var/lib/mayu --config conf/imago.yaml',
  ];
  static override args = {
    mayu: Args.option({ options: ['mayu'] as const })({
      ignoreStdin: true,
      description: 'the cluster’s folder instead',
    }),
    folder: Args.string({ ignoreStdin: true, description: 'one that is empty, or not there' }),
  };
  static override flags = { ...selectorFlags, config: configFlag };

  async run(): Promise<ListedMachine[]> {
    const { args, flags } = await this.parse(Export);
    if (args.mayu !== undefined) {
      if (args.folder === undefined) throw new UsageError('name the folder: export mayu FOLDER');
      const words = ['--export-mayu', args.folder, '--config', flags.config];
      this.print([await runDaemonProgram(this.config.root, words)]);
      return [];
    }
    const api = await this.connect(flags);
    const machines = selectHosts(await api.hosts(), flags).map(listedMachine);
    if (this.format === 'table') process.stdout.write(`${escapeText(JSON.stringify(machines, null, 2))}\n`);
    if (this.format === 'csv') refuseBlanks(machines);
    return machines;
  }
}

/** In a cell blanks separate tags, and overrides. */
function refuseBlanks(machines: readonly ListedMachine[]): void {
  for (const { serial, metadata = [], overrides = {} } of machines) {
    const parts = [...metadata, ...Object.entries(overrides).flat()];
    if (parts.some((part) => typeof part === 'string' && /\s/.test(part)))
      throw new UsageError(
        `${serial} has a tag or an override with blanks in it: csv cannot say that, json and yaml can`,
      );
    if (parts.some((part) => typeof part !== 'string'))
      throw new UsageError(
        `${serial} has a list or a table for an override: csv cannot say that, json and yaml can`,
      );
  }
}
