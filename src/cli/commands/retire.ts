import type { ApiHost } from '../../api/schemas.js';
import { canAsk, confirm, confirmationFlags, lockNote } from '../confirm.js';
import { forEachTarget } from '../for-each-target.js';
import { ImagoCommand } from '../imago-command.js';
import { selectorFlags } from '../flags.js';
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
    const look = (serial: string) => api.host(serial);
    if (flags['dry-run']) {
      return this.toEach(
        serials,
        look,
        (host) => `${host.serial}: would be retired; it is ${host.state}${lockNote(host)}`,
      );
    }
    if (!flags.yes && canAsk()) await confirmRetirement((await forEachTarget(serials, look)).done);
    return this.toEach(
      serials,
      async (serial) => {
        const host = await look(serial);
        await api.retire(serial);
        return host;
      },
      ({ serial }) => `${serial}: retired`,
    );
  }
}

async function confirmRetirement(hosts: readonly ApiHost[]): Promise<void> {
  if (hosts.length === 0) return;
  const names = hosts.map(({ serial, state }) => `${serial} (${state})`).join(', ');
  await confirm(`Addresses and profiles of ${hosts.length} will be given to others: ${names}.`, hosts.length);
}
