import type { Lease } from '../../api/schemas.js';
import { ImagoCommand } from '../imago-command.js';
import { leaseColumns } from '../render-leases.js';
import { noLegendFlag } from '../table-flags.js';

export default class Leases extends ImagoCommand {
  static override summary = 'List the addresses that DHCP has given out.';
  static override nameField = 'address';
  static override flags = { 'no-legend': noLegendFlag };

  async run(): Promise<Lease[]> {
    const { flags } = await this.parse(Leases);
    const api = await this.connect(flags);
    const leases = await api.leases();
    this.printTable(leases, leaseColumns, flags);
    return leases;
  }
}
