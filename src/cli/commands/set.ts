import { Args } from '@oclif/core';
import type { ApiHost } from '../../api/schemas.js';
import { ImagoCommand } from '../imago-command.js';
import { serialArgument } from '../serial-argument.js';

export default class Set extends ImagoCommand {
  static override summary = 'Change what is recorded of a machine.';
  static override description =
    'Setting the state to configured makes a machine install itself again, wiping its disk, when it next boots from the network.';
  static override examples = ['<%= config.bin %> <%= command.id %> SERIAL state configured'];
  static override args = {
    serial: serialArgument,
    key: Args.string({ required: true, options: ['state'], description: 'what to change' }),
    value: Args.string({ required: true, options: ['configured'], description: 'its new value' }),
  };

  async run(): Promise<ApiHost> {
    const { args, flags } = await this.parse(Set);
    const api = await this.connect(flags);
    const host = await api.setState(args.serial, 'configured');
    this.print([`${host.serial}: ${host.state}`]);
    return host;
  }
}
