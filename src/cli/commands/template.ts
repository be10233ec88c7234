import type { RecordPath } from '../../api/client.js';
import type { Column } from '../columns.js';
import { faultOfJson } from '../../json-fault.js';
import { UsageError } from '../errors.js';
import { recordPathOf } from '../flags.js';
import { namesIn } from '../json-record-verbs.js';
import {
  fileOf,
  forceFlag,
  RecordVerbs,
  verbArgument,
  verbFlags,
  type ShownRecord,
} from '../record-verbs.js';

const kinds = ['ignition', 'cloud', 'generic'] as const;

export default class Template extends RecordVerbs {
  static override summary = 'List, show, put and delete the templates of matchbox, where they are records.';
  static override description = `list
describe KIND/NAME…
put KIND/NAME FILE
delete KIND/NAME…   unless a profile names it

KIND is ignition, cloud or generic. A data folder (matchbox.data) is edited in its files.`;
  static override usage = 'template list|describe|put|delete …';
  static override strict = false;
  static override args = verbArgument;
  static override flags = { ...verbFlags, force: forceFlag };
  static override examples = [
    '<%= config.bin %> <%= command.id %> put ignition/etcd.yaml ./etcd.yaml',
    '<%= config.bin %> rollback ignition/etcd.yaml 5ad04d4b',
  ];

  protected override readonly kinds = kinds;
  protected override readonly columns: readonly Column<Record<string, unknown>>[] = [
    { heading: 'NAME', value: ({ name }) => String(name) },
    { heading: 'BYTES', value: ({ bytes }) => String(bytes) },
  ];

  protected override readonly namedBy = {
    kind: 'profiles',
    names: (profile: unknown) =>
      namesIn(profile, { ignition_id: 'ignition', cloud_id: 'cloud', generic_id: 'generic' }),
  };

  /** Such a file is Ignition as it is; all others are templates. */
  protected override warningOf({ kind, name, content }: ShownRecord): string | undefined {
    if (kind !== 'ignition' || !/\.ign(ition)?$/.test(name)) return undefined;
    const fault = faultOfJson(content.toString('utf8'), `${kind}/${name}`);
    return fault && `machines get 404 for it: ${fault}`;
  }

  protected override itemOf({ kind, name, content }: ShownRecord): Record<string, unknown> {
    return { name: `${kind}/${name}`, bytes: content.length };
  }

  protected override pathOf(word: string): RecordPath {
    const path = recordPathOf(word);
    if (path && kinds.some((kind) => kind === path.kind)) return path;
    throw new UsageError(`${word} is no template: write ${kinds.map((kind) => `${kind}/NAME`).join(', ')}`);
  }

  protected override async wanted(words: readonly string[]): Promise<ShownRecord> {
    const [name, path, ...more] = words;
    if (name === undefined || path === undefined || more.length > 0)
      throw new UsageError('give the template, as in ignition/etcd.yaml, and the file to make it of');
    return { ...this.pathOf(name), content: await fileOf(path) };
  }
}
