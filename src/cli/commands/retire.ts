import type { ApiHost } from '../../api/schemas.js';
import { canAsk, confirm, confirmationFlags } from '../confirm.js';
import { forEachTarget, throwRefusals } from '../for-each-target.js';
import { lockNote } from '../lock-note.js';
import { ImagoCommand } from '../imago-command.js';
import { selectorFlags } from '../selector-flags.js';
import { resolveTargets } from '../targets.js';

export default class Retire extends ImagoCommand {
  static override summary = 'Take machines out of the fleet; their history stays.';
  static override description =
    'Its address and its place in its profile are free again. If it boots from the network once more, it is taken for a new machine, and installed.';
  static override usage = 'retire SERIAL…';
  static override examples = ['<%= config.bin %> <%= command.id %> 4vx9z52'];
  static override strict = false;
  static override flags = { ...selectorFlags, ...confirmationFlags };

  async run(): Promise<ApiHost[]> {
    const { argv, flags } = await this.parse(Retire);
    const api = await this.connect(flags);
    const serials = await resolveTargets(api, argv.map(String), flags);
    const look = () => forEachTarget(serials, (serial) => api.host(serial));
    if (flags['dry-run']) {
      const looked = await look();
      this.print(
        looked.done.map((host) => `${host.serial}: would be retired; it is ${host.state}${lockNote(host)}`),
      );
      throwRefusals(looked);
      return [...looked.done];
    }
    if (!flags.yes && canAsk()) await confirmRetirement((await look()).done);
    const outcomes = await forEachTarget(serials, async (serial) => {
      const host = await api.host(serial);
      await api.retire(serial);
      return host;
    });
    this.print(outcomes.done.map(({ serial }) => `${serial}: retired`));
    throwRefusals(outcomes);
    return [...outcomes.done];
  }
}

async function confirmRetirement(hosts: readonly ApiHost[]): Promise<void> {
  if (hosts.length === 0) return;
  const names = hosts.map(({ serial, state }) => `${serial} (${state})`).join(', ');
  await confirm(`Addresses and profiles of ${hosts.length} will be given to others: ${names}.`, hosts.length);
}
