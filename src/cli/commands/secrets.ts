import { Args } from '@oclif/core';
import type { NamedSecret } from '../../api/secrets.js';
import type { Column } from '../columns.js';
import { noLegendFlag } from '../flags.js';
import { ImagoCommand } from '../imago-command.js';
import { instant } from '../times.js';

export const secretColumns: readonly Column<NamedSecret>[] = [
  { heading: 'NAME', value: ({ name }) => name },
  { heading: 'KIND', value: ({ kind }) => kind },
  { heading: 'FINGERPRINT', value: ({ fingerprint, fault, kind }) => fingerprint ?? without(fault, kind) },
  { heading: 'FOR', value: ({ profiles = [], hosts = [] }) => [...profiles, ...hosts].join(',') || 'all' },
  { heading: 'LAST', value: ({ lastHandedOut }) => lastHandedOut && instant(lastHandedOut.time) },
  { heading: 'SERIAL', value: ({ lastHandedOut }) => lastHandedOut?.serial },
];

function without(fault: string | undefined, kind: NamedSecret['kind']): string | undefined {
  if (fault !== undefined) return 'unusable';
  return kind === 'program' ? 'minted' : undefined;
}

export default class Secrets extends ImagoCommand {
  static override summary =
    'List the secrets that templates can ask for, and whom each was last handed to; never values.';
  static override description = `list

Why one cannot be used stands below the list. Where the daemon asks who you are, this needs the role auditor or admin.`;
  static override usage = 'secrets list';
  static override args = {
    verb: Args.string({ ignoreStdin: true, description: 'list', options: ['list'], default: 'list' }),
  };
  static override nameField = 'name';
  static override flags = { 'no-legend': noLegendFlag };

  async run(): Promise<NamedSecret[]> {
    const { flags } = await this.parse(Secrets);
    const api = await this.connect(flags);
    const secrets = await api.secrets();
    this.printTable(secrets, secretColumns, flags);
    for (const { fault } of secrets) if (fault !== undefined) this.tell(fault);
    return secrets;
  }
}
