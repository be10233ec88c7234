import { ImagoCommand } from '../imago-command.js';
import { listedMachine, type ListedMachine } from '../machine-list.js';
import { selectHosts, selectorFlags } from '../targets.js';

export default class Export extends ImagoCommand {
  static override summary = 'Print the machines as a list that import reads.';
  static override description =
    'JSON. What they went through is not in it: that is in the Git repository of the cluster.';
  static override examples = ['<%= config.bin %> <%= command.id %> --profile core > core.json'];
  static override flags = selectorFlags;

  async run(): Promise<ListedMachine[]> {
    const { flags } = await this.parse(Export);
    const api = await this.connect(flags);
    const machines = selectHosts(await api.hosts(), flags).map(listedMachine);
    if (!this.jsonEnabled()) this.logJson(machines);
    return machines;
  }
}
