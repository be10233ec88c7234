import type { Column } from '../columns.js';
import { JsonRecordVerbs, namesIn, textOf } from '../json-record-verbs.js';
import { forceFlag, verbArgument, verbFlags } from '../record-verbs.js';

export default class Profile extends JsonRecordVerbs {
  static override summary = 'List, show, put and delete the profiles of matchbox, where they are records.';
  static override description = `list
describe ID…
put FILE       its id is its name
delete ID…     unless a group names it

A data folder (matchbox.data) is edited in its files. Profiles of imago's own hosts are in its configuration: imagoctl profiles lists them.`;
  static override usage = 'profile list|describe|put|delete …';
  static override strict = false;
  static override args = verbArgument;
  static override flags = { ...verbFlags, force: forceFlag };
  static override examples = [
    '<%= config.bin %> <%= command.id %> put ./etcd.json',
    '<%= config.bin %> diff profiles/etcd 5ad04d4b',
  ];
  static override nameField = 'id';

  protected override readonly kind = 'profiles';
  protected override readonly fields = [
    'id',
    'name',
    'ignition_id',
    'cloud_id',
    'generic_id',
    'boot',
    'boot.kernel',
    'boot.initrd',
    'boot.args',
  ];
  protected override readonly namedBy = {
    kind: 'groups',
    names: (group: unknown) => namesIn(group, { profile: 'profiles' }),
  };
  protected override readonly columns: readonly Column<Record<string, unknown>>[] = [
    { heading: 'ID', value: ({ id }) => textOf(id) },
    { heading: 'IGNITION', value: (profile) => textOf(profile['ignition_id']) },
    { heading: 'CLOUD', value: (profile) => textOf(profile['cloud_id']) },
    { heading: 'GENERIC', value: (profile) => textOf(profile['generic_id']) },
    { heading: 'KERNEL', value: ({ boot }) => kernelOf(boot) },
  ];
}

function kernelOf(boot: unknown): string | undefined {
  return typeof boot === 'object' && boot !== null && 'kernel' in boot ? textOf(boot.kernel) : undefined;
}
