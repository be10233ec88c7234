import type { Inventory as Facts } from '../../api/power.js';
import { cell } from '../columns.js';
import { ImagoCommand } from '../imago-command.js';
import { serialArgument } from '../flags.js';

const labels: Readonly<Record<keyof Facts['inventory'], string>> = {
  manufacturer: 'Manufacturer',
  model: 'Model',
  serial: 'Serial',
  assetTag: 'Asset tag',
  uuid: 'UUID',
  biosVersion: 'BIOS',
  bmcVersion: 'BMC',
  processors: 'Processors',
  processorModel: 'Processor',
  memoryGigabytes: 'Memory (GB)',
  macAddresses: 'Macs',
};

export default class Inventory extends ImagoCommand {
  static override summary = 'Show what the BMC of a machine knows of it.';
  static override args = { serial: serialArgument };

  async run(): Promise<Facts['inventory']> {
    const { args, flags } = await this.parse(Inventory);
    const api = await this.connect(flags);
    const inventory = await api.inventory(args.serial);
    const width = Math.max(...Object.values(labels).map(({ length }) => length)) + 3;
    this.print(
      Object.entries(labels).map(([key, label]) => {
        const value = inventory[key as keyof typeof labels];
        const text = Array.isArray(value) ? value.join(', ') : value?.toString();
        return `${label}:`.padEnd(width) + cell(text);
      }),
    );
    return inventory;
  }
}
