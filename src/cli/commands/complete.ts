import { complete } from '../completion/complete.js';
import { ImagoCommand } from '../imago-command.js';

/** Asked by the shell at each press of the tabulator: it must be quick, and never complain. */
export default class Complete extends ImagoCommand {
  static override hidden = true;
  static override summary = 'Print what may come next on a command line.';
  static override usage = 'complete -- WORD…';
  static override enableJsonFlag = false;
  static override strict = false;

  async run(): Promise<string[]> {
    const { flags, argv } = await this.parse(Complete);
    const candidates = await complete(argv.map(String), this.config.commands, {
      ...flags,
      root: this.config.root,
    });
    this.print(candidates);
    return candidates;
  }
}
