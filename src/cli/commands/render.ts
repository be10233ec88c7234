import { Flags } from '@oclif/core';
import { renderedKinds, type Rendered } from '../../api/rendered.js';
import { forTerminal } from '../terminal.js';
import { firmwareFlag, serialArgument } from '../flags.js';
import { ImagoCommand } from '../imago-command.js';

export default class Render extends ImagoCommand {
  static override summary = 'Print exactly what a machine would get now. Nothing is recorded by it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 4vx9z52 --what ignition > config.ign',
    '<%= config.bin %> <%= command.id %> 4vx9z52 --firmware uefi',
  ];
  static override args = { serial: serialArgument };
  static override flags = {
    what: Flags.option({ options: renderedKinds })({
      default: 'ipxe',
      summary: 'Which of the things it fetches.',
    }),
    firmware: firmwareFlag,
  };

  async run(): Promise<Rendered> {
    const { args, flags } = await this.parse(Render);
    const api = await this.connect(flags);
    const rendered = await api.rendered(args.serial, flags.what, flags);
    if (!this.jsonEnabled()) {
      const { stdout } = process;
      // To a file or a program it goes as the machine gets it.
      stdout.write(stdout.isTTY ? forTerminal(rendered.text) : rendered.text);
    }
    return rendered;
  }
}
