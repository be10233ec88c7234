import type { ProfileList } from '../../api/schemas.js';
import { ImagoCommand } from '../imago-command.js';
import { profileColumns } from '../render-profiles.js';
import { noLegendFlag } from '../table-flags.js';

export default class Profiles extends ImagoCommand {
  static override summary = 'List the profiles, in the order in which new machines are given them.';
  static override nameField = 'name';
  static override flags = { 'no-legend': noLegendFlag };

  async run(): Promise<ProfileList['profiles']> {
    const { flags } = await this.parse(Profiles);
    const api = await this.connect(flags);
    const profiles = await api.profiles();
    this.printTable(profiles, profileColumns, flags);
    return profiles;
  }
}
