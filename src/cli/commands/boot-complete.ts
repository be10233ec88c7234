import { Flags } from '@oclif/core';
import { bootedMachine, environmentFiles, type BootedMachine, readEnvironment } from '../booted-machine.js';
import { ImagoCommand } from '../imago-command.js';

export default class BootComplete extends ImagoCommand {
  static override summary = 'Report, on an installed machine, that its system is up.';
  static override description = `The machine's SERIAL or IMAGO_SERIAL, where imago is (IMAGO_URL, unless --host says it), and the versions of its software, are read from files of KEY=value lines: ${environmentFiles.join(', ')}. \
VERSION is the operating system's; MAYU_, DOCKER_, ETCD_, FLEET_, RKT_, K8S_ and YOCHU_VERSION are taken too.`;
  static override examples = ['<%= config.bin %> <%= command.id %> --host 10.75.0.1 --update-versions'];
  static override flags = {
    'update-versions': Flags.boolean({ summary: 'Report the versions of its software too.' }),
    environment: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      default: environmentFiles,
      helpValue: 'FILE',
      summary: 'Read this file instead; may be repeated, the last counts.',
    }),
  };

  async run(): Promise<BootedMachine> {
    const { flags } = await this.parse(BootComplete);
    const environment = await readEnvironment(flags.environment);
    const machine = bootedMachine(environment, flags.environment);
    const report = flags['update-versions'] ? machine : { serial: machine.serial, versions: {} };
    const mayu = await this.connectAsMachine(flags, flags.host ? undefined : environment.get('IMAGO_URL'));
    await mayu.put(report.serial, 'boot_complete', report.versions);
    this.print([`${report.serial}: running`]);
    return report;
  }
}
