import { Flags } from '@oclif/core';
import type { Version as ServerVersion } from '../../api/schemas.js';
import { ImagoCommand } from '../imago-command.js';

export default class Version extends ImagoCommand {
  static override summary = 'Show the versions of this client and of the daemon.';
  static override flags = { client: Flags.boolean({ summary: 'Only of this client; no daemon is asked.' }) };

  async run(): Promise<{ client: ServerVersion; server?: ServerVersion }> {
    const { flags } = await this.parse(Version);
    const client = { version: this.config.version, node: process.version };
    this.print([`client  ${client.version}  node ${client.node}`]);
    if (flags.client) return { client };
    const door = await this.doorTo(flags);
    const server = await (await this.enter(door)).version();
    this.print([`server  ${server.version}  node ${server.node}  ${door.socketPath ?? door.baseUrl}`]);
    return { client, server };
  }
}
