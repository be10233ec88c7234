import type { ApiHost } from '../../api/schemas.js';
import { ImagoCommand } from '../imago-command.js';
import { selectorFlags } from '../flags.js';
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
    const locked = new Set<string>();
    return this.toEach(
      targets,
      async (name) => {
        const { serial, lock } = await api.host(name);
        if (lock) locked.add(serial);
        return api.unlock(name);
      },
      ({ serial }) => `${serial}: ${locked.has(serial) ? 'unlocked' : 'was not locked, nothing changed'}`,
    );
  }
}
