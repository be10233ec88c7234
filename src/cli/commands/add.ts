import { Flags } from '@oclif/core';
import type { ApiHost } from '../../api/schemas.js';
import { ImagoCommand } from '../imago-command.js';
import { serialArgument } from '../flags.js';

export default class Add extends ImagoCommand {
  static override summary = 'Tell imago of a machine before it ever boots.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 4vx9z52 --profile core --ip 10.75.0.20 --mac 52:54:00:00:00:01',
  ];
  static override args = { serial: serialArgument };
  static override flags = {
    profile: Flags.string({ helpValue: 'NAME', summary: 'Else the first that still takes one.' }),
    ip: Flags.string({ helpValue: 'ADDRESS', summary: 'Its fixed address; else the next free one.' }),
    mac: Flags.string({ helpValue: 'ADDRESS', summary: 'The address it will boot from the network with.' }),
    hostname: Flags.string({ helpValue: 'NAME' }),
    tag: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'KEY=VALUE',
      summary: 'Metadata of its own; may be repeated.',
    }),
  };

  async run(): Promise<ApiHost> {
    const { args, flags } = await this.parse(Add);
    const { profile, ip, mac, hostname, tag } = flags;
    const api = await this.connect(flags);
    const host = await api.add({ serial: args.serial, profile, address: ip, mac, hostname, metadata: tag });
    this.print([
      `${host.serial}: added, ${host.address ?? 'no address yet'}, profile ${host.profile ?? 'not chosen yet'}`,
    ]);
    return host;
  }
}
