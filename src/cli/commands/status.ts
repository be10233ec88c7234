import type { ApiHost } from '../../api/schemas.js';
import { ImagoCommand } from '../imago-command.js';
import { renderStatus } from '../render-status.js';
import { serialArgument } from '../flags.js';

export default class Status extends ImagoCommand {
  static override summary = 'Show all that is known of one machine.';
  static override args = { serial: serialArgument };

  async run(): Promise<ApiHost> {
    const { args, flags } = await this.parse(Status);
    const api = await this.connect(flags);
    const host = await api.host(args.serial);
    this.print(renderStatus(host, { color: this.color }));
    return host;
  }
}
