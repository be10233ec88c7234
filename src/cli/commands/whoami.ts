import type { WhoAmI } from '../../api/access.js';
import { ImagoCommand } from '../imago-command.js';
import { whoLine } from '../render-access.js';

export default class Whoami extends ImagoCommand {
  static override summary = 'Show as whom the daemon knows you, with which role, and by what.';
  static override nameField = 'name';

  async run(): Promise<WhoAmI> {
    const { flags } = await this.parse(Whoami);
    const door = await this.doorTo(flags);
    const me = await (await this.enter(door)).whoAmI();
    this.print([`${door.socketPath ?? door.baseUrl}: ${whoLine(me)}`]);
    return me;
  }
}
