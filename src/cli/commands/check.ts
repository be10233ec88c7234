import type { Readiness } from '../../api/readiness.js';
import { faultsOf, NotWell, renderFault, renderWellBeing } from '../faults.js';
import { ImagoCommand } from '../imago-command.js';

export default class Check extends ImagoCommand {
  static override summary = 'Tell whether all is well, and what needs you.';
  static override description =
    'Troubles of the store, alarms, and machines that are stuck or whose installer failed, a line for each. Ends with status 1 if there is one.';

  async run(): Promise<Readiness> {
    const { flags } = await this.parse(Check);
    const api = await this.connect(flags);
    const [readiness, hosts] = await Promise.all([api.readiness(), api.hosts()]);
    const faults = faultsOf(readiness, hosts);
    this.print([renderWellBeing(readiness, hosts), ...faults.map(renderFault)]);
    if (faults.length > 0 || !readiness.ready) throw new NotWell(faults);
    return readiness;
  }
}
