import { Flags } from '@oclif/core';
import type { WeighedProfile } from '../../api/explanation.js';
import type { ProfileList } from '../../api/schemas.js';
import { whyNot } from '../why-not.js';
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

const weighedColumns: readonly Column<WeighedProfile>[] = [
  { heading: 'PROFILE', value: ({ name }) => name },
  { heading: 'VERDICT', value: ({ verdict }) => verdict },
  { heading: 'HOSTS', value: ({ hosts }) => String(hosts) },
  { heading: 'QUANTITY', value: ({ quantity }) => quantity?.toString() },
  { heading: 'WHY', value: whyNot },
];

export default class Profiles extends ImagoCommand {
  static override summary = 'List the profiles, in the order in which new machines are given them.';
  static override nameField = 'name';
  static override flags = {
    for: Flags.string({
      helpValue: 'SERIAL|MAC',
      summary: 'What each says to that machine, and which of its conditions fails.',
    }),
    'no-legend': noLegendFlag,
  };

  async run(): Promise<ProfileList['profiles'] | WeighedProfile[]> {
    const { flags } = await this.parse(Profiles);
    const api = await this.connect(flags);
    if (flags.for !== undefined) {
      const { profiles: weighed = [] } = await api.explain(flags.for, { firmware: 'bios' });
      if (weighed.length === 0)
        this.logToStderr(`${this.config.bin}: no profile is asked for ${flags.for}: see imagoctl explain`);
      this.printTable(weighed, weighedColumns, flags);
      return weighed;
    }
    const profiles = await api.profiles();
    this.printTable(profiles, profileColumns, flags);
    return profiles;
  }
}
