import type { ProfileList } from '../../api/schemas.js';
import { ImagoCommand } from '../imago-command.js';
import { noLegendFlag } from '../flags.js';
import type { Column } from '../columns.js';

type Profile = ProfileList['profiles'][number];

export const profileColumns: readonly Column<Profile>[] = [
  { heading: 'PROFILE', value: ({ name }) => name },
  { heading: 'HOSTS', value: ({ hosts }) => String(hosts) },
  { heading: 'QUANTITY', value: ({ quantity }) => quantity?.toString() },
  { heading: 'COREOS', value: ({ osVersion }) => osVersion },
  { heading: 'METADATA', value: ({ tags }) => tags.join(',') },
];

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
