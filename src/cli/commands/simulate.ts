import { Args, Flags } from '@oclif/core';
import type { Simulation, SimulatedFile } from '../../api/simulation.js';
import { exitCodes } from '../exit-code.js';
import { firmwareFlag, machineWordFlags } from '../flags.js';
import { ImagoCommand } from '../imago-command.js';
import { BootWouldFail, renderSimulation } from '../render-simulation.js';

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
    ...machineWordFlags,
    full: Flags.boolean({ summary: 'Print all that is made for it, not only its iPXE script.' }),
  };

  async run(): Promise<Simulation> {
    const { args, flags } = await this.parse(Simulate);
    const api = await this.connect(flags);
    const { firmware, mac, relay, arch, uuid, label, full } = flags;
    const question = {
      serial: args.serial,
      firmware,
      mac,
      relay,
      architecture: arch,
      userClass: flags['user-class'],
      uuid,
      label,
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

const PATIENCE_MS = 5000;

/** Where a URL is a file that the machine must load; further on it may be anything. */
const LOADING: ReadonlySet<string> = new Set(['loader', 'ipxe']);

/**
 * Asks other servers for the files that imago does not have itself. It is asked from here: the machine may be on a network
 * that sees others.
 */
export async function withSizesElsewhere(simulation: Simulation): Promise<Simulation> {
  const steps = await Promise.all(
    simulation.steps.map(async (step) =>
      LOADING.has(step.step) ? { ...step, files: await Promise.all(step.files.map(looked)) } : step,
    ),
  );
  const missing = steps.flatMap(({ files }) => files.filter(isMissingElsewhere)).length;
  return { ...simulation, steps, faults: simulation.faults + missing };
}

function isMissingElsewhere({ from, fault }: SimulatedFile): boolean {
  return from === 'elsewhere' && fault !== undefined;
}

async function looked(file: SimulatedFile): Promise<SimulatedFile> {
  if (file.from !== 'elsewhere') return file;
  try {
    const answer = await fetch(file.url, { method: 'HEAD', signal: AbortSignal.timeout(PATIENCE_MS) });
    // Whoever takes no HEAD has not said that there is no file.
    if ([405, 501].includes(answer.status)) return file;
    if (!answer.ok) return { ...file, fault: `its server answers ${answer.status}` };
    const length = answer.headers.get('content-length');
    return length === null ? file : { ...file, bytes: Number(length) };
  } catch (error) {
    if (error instanceof Error) return { ...file, fault: `its server does not answer: ${error.message}` };
    throw error;
  }
}
