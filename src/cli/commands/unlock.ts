import type { ApiHost } from '../../api/schemas.js';
import { forEachTarget, throwRefusals } from '../for-each-target.js';
import { ImagoCommand } from '../imago-command.js';
import { selectorFlags } from '../selector-flags.js';
import { resolveTargets } from '../targets.js';

export default class Unlock extends ImagoCommand {
  static override summary = 'Let machines be changed and switched again.';
  static override usage = 'unlock SERIAL…';
  static override examples = ['<%= config.bin %> <%= command.id %> 4vx9z52'];
  static override strict = false;
  static override flags = { ...selectorFlags };

  async run(): Promise<ApiHost[]> {
    const { argv, flags } = await this.parse(Unlock);
    const api = await this.connect(flags);
    const targets = await resolveTargets(api, argv.map(String), flags);
    const outcomes = await forEachTarget(targets, (serial) => api.unlock(serial));
    this.print(outcomes.done.map(({ serial }) => `${serial}: unlocked`));
    throwRefusals(outcomes);
    return [...outcomes.done];
  }
}
