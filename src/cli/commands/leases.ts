import type { Lease } from '../../api/schemas.js';
import { ImagoCommand } from '../imago-command.js';
import { noLegendFlag } from '../flags.js';
import type { Column } from '../columns.js';
import { instant } from '../times.js';

export const leaseColumns: readonly Column<Lease>[] = [
  { heading: 'IP', value: ({ address }) => address },
  { heading: 'MAC', value: ({ mac }) => mac },
  { heading: 'STATE', value: ({ state }) => state },
  { heading: 'EXPIRES', value: ({ expires }) => instant(expires) },
  { heading: 'SERIAL', value: ({ serial }) => serial },
  { heading: 'HOSTNAME', value: ({ hostname }) => hostname },
  { heading: 'CLIENTID', value: ({ clientId }) => clientId },
];

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
