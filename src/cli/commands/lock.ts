import { Flags } from '@oclif/core';
import type { ApiHost } from '../../api/schemas.js';
import { ImagoCommand } from '../imago-command.js';
import { selectorFlags } from '../flags.js';
import { resolveTargets } from '../targets.js';

export default class Lock extends ImagoCommand {
  static override summary = 'Keep everybody from changing or switching machines.';
  static override description =
    'Until it is unlocked, state, settings, overrides, power, boot device and retirement of a locked machine are refused, with who locked it and why. What the machine does by itself goes on.';
  static override usage = 'lock SERIAL… --reason TEXT';
  static override examples = ['<%= config.bin %> <%= command.id %> 4vx9z52 --reason "holds the only copy"'];
  static override strict = false;
  static override flags = {
    ...selectorFlags,
    reason: Flags.string({ required: true, helpValue: 'TEXT', summary: 'Shown to whoever is refused.' }),
  };

  async run(): Promise<ApiHost[]> {
    const { argv, flags } = await this.parse(Lock);
    const api = await this.connect(flags);
    const targets = await resolveTargets(api, argv.map(String), flags);
    return this.toEach(
      targets,
      (serial) => api.lock(serial, flags.reason),
      ({ serial }) => `${serial}: locked`,
    );
  }
}
