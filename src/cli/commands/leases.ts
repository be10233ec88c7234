import type { Lease } from '../../api/schemas.js';
import { ImagoCommand } from '../imago-command.js';
import { renderLeases } from '../render-leases.js';
import { noLegendFlag } from '../table-flags.js';

export default class Leases extends ImagoCommand {
  static override summary = 'List the addresses that DHCP has given out.';
  static override flags = { 'no-legend': noLegendFlag };

  async run(): Promise<Lease[]> {
    const { flags } = await this.parse(Leases);
    const api = await this.connect(flags);
    const leases = await api.leases();
    this.print(renderLeases(leases, { legend: !flags['no-legend'], color: this.color }));
    return leases;
  }
}
