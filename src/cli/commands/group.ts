import type { Column } from '../columns.js';
import { JsonRecordVerbs, textOf } from '../json-record-verbs.js';
import { verbArgument, verbFlags } from '../record-verbs.js';

export default class Group extends JsonRecordVerbs {
  static override summary = 'List, show, put and delete the groups of matchbox, where they are records.';
  static override description = `list
describe ID…
put FILE       its id is its name
delete ID…

A data folder (matchbox.data) is edited in its files. See docs/from-matchbox.md.`;
  static override usage = 'group list|describe|put|delete …';
  static override strict = false;
  static override args = verbArgument;
  static override flags = verbFlags;
  static override examples = [
    '<%= config.bin %> <%= command.id %> put ./node1.json',
    '<%= config.bin %> history groups/node1',
  ];
  static override nameField = 'id';

  protected override readonly kind = 'groups';
  protected override readonly fields = [
    'id',
    'name',
    'profile',
    'selector',
    'metadata',
    'metadata_as_written',
  ];
  protected override readonly columns: readonly Column<Record<string, unknown>>[] = [
    { heading: 'ID', value: ({ id }) => textOf(id) },
    { heading: 'PROFILE', value: ({ profile }) => textOf(profile) },
    { heading: 'SELECTOR', value: ({ selector }) => pairsOf(selector) },
    { heading: 'NAME', value: ({ name }) => textOf(name) },
  ];
}

function pairsOf(selector: unknown): string | undefined {
  if (typeof selector !== 'object' || selector === null) return undefined;
  return Object.entries(selector)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(',');
}
