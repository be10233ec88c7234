import { Args, Flags } from '@oclif/core';
import type { Simulation } from '../../api/simulation.js';
import { exitCodes } from '../exit-code.js';
import { firmwareFlag } from '../firmware-flag.js';
import { ImagoCommand } from '../imago-command.js';
import { BootWouldFail, renderSimulation } from '../render-simulation.js';
import { withSizesElsewhere } from '../sizes-elsewhere.js';

export default class Simulate extends ImagoCommand {
  static override summary = 'Play the boot of a machine, step by step. Nothing is recorded by it.';
  static override description = `Each answer of DHCP, each file with its size, the script and the configuration. Ends with status 1 if the machine would
get stuck: a file that is missing, a template at fault, no address left, a network that is not served.
With a MAC address for a serial it is the machine that has it. Without either: a machine that nobody has seen.`;
  static override usage = 'simulate boot [SERIAL|MAC]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> boot 4vx9z52 --firmware uefi',
    '<%= config.bin %> <%= command.id %> boot --mac 52:54:00:00:00:01 --relay 10.80.0.1',
  ];
  static override args = {
    action: Args.string({
      ignoreStdin: true,
      required: true,
      options: ['boot'],
      description: 'what to play',
    }),
    serial: Args.string({ ignoreStdin: true, description: 'the serial or a MAC address of the machine' }),
  };
  static override flags = {
    firmware: firmwareFlag,
    mac: Flags.string({ helpValue: 'MAC', summary: 'That it boots from.' }),
    relay: Flags.string({ helpValue: 'ADDRESS', summary: 'Of the DHCP relay that it is behind.' }),
    arch: Flags.integer({ min: 0, max: 65535, helpValue: 'NUMBER', summary: 'Its DHCP option 93.' }),
    'user-class': Flags.string({ helpValue: 'TEXT', summary: 'Its DHCP option 77.' }),
    full: Flags.boolean({ summary: 'Print all that is made for it, not only its iPXE script.' }),
  };

  async run(): Promise<Simulation> {
    const { args, flags } = await this.parse(Simulate);
    const api = await this.connect(flags);
    const { firmware, mac, relay, arch, full } = flags;
    const question = {
      serial: args.serial,
      firmware,
      mac,
      relay,
      architecture: arch,
      userClass: flags['user-class'],
    };
    const simulation = await withSizesElsewhere(await api.simulateBoot(question));
    if (simulation.faults === 0 || !this.jsonEnabled()) {
      this.print(renderSimulation(simulation, { color: this.color, full }));
      if (simulation.faults > 0) throw new BootWouldFail(simulation);
      return simulation;
    }
    this.logJson(simulation);
    return this.exit(exitCodes.refused);
  }
}
