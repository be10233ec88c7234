import { Args } from '@oclif/core';
import { configFlag, runDaemonProgram } from '../daemon-program.js';
import { ImagoCommand } from '../imago-command.js';

interface Restored {
  readonly message: string;
}

export default class Restore extends ImagoCommand {
  static override summary = 'Make the cluster’s folder of a backup, on the server, while imago is stopped.';
  static override description = `Takes what backup saved, also as an archive of imago’s before, or a folder such as a git clone of the cluster. It needs git. Nothing is overwritten: \
where there is a folder of the cluster already, stop imago and put that aside first. Then start imago. \
The folder is the one that the configuration --config names, also under ./bin/sandbox exec.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> rack1.bundle --config /etc/imago/imago.yaml',
  ];
  static override args = {
    backup: Args.string({ ignoreStdin: true, required: true, description: 'the file, or the folder' }),
  };
  static override flags = { config: configFlag };

  async run(): Promise<Restored> {
    const { args, flags } = await this.parse(Restore);
    const message = await runDaemonProgram(this.config.root, [
      '--restore',
      args.backup,
      '--config',
      flags.config,
    ]);
    this.print([message]);
    return { message };
  }
}
