import { ImagoCommand } from '../imago-command.js';

export default class Reload extends ImagoCommand {
  static override summary = 'Have the daemon take up its configuration file anew.';
  static override description =
    'A faulty file is refused with all its faults, and the configuration in force stays. Leases and hosts are kept.';

  async run(): Promise<{ reloaded: true }> {
    const { flags } = await this.parse(Reload);
    const api = await this.connect(flags);
    await api.reload();
    this.print(['the configuration was reloaded']);
    return { reloaded: true };
  }
}
