import { parseArgs } from 'node:util';
import type { Firmware } from './qemu-arguments.js';

export const USAGE = `./bin/sandbox: a provisioning network with imago and virtual machines, in a network namespace of this machine.
Powers the machines on with blank disks and shows how they are installed; removes everything at the end. Needs root.

  --machines N           how many machines, 0 to 16 (default 3: every third with UEFI, the others with BIOS)
  --firmware bios|uefi   all machines with this firmware
  --no-machines          only the network and imago
  --keep                 go on when all machines are running, until Ctrl-C
  --timeout SECONDS      how long they may take (default 900)
  --help

From another terminal, while a sandbox runs:
  ./bin/sandbox exec COMMAND…    run a command on its network, as in: ./bin/sandbox exec imagoctl list
  ./bin/sandbox exec imagoctl reinstall SBX0001 --yes    install a machine again, through its BMC
  ./bin/sandbox reset SERIAL     press the reset button of a machine
Where several run, each has its name in its first line: ./bin/sandbox exec --sandbox NAME COMMAND…
`;

export const MOST_MACHINES = 16;

export interface SandboxOptions {
  /** The firmware of each machine. */
  readonly machines: readonly Firmware[];
  /** Whether it goes on until it is interrupted. */
  readonly keep: boolean;
  readonly timeoutSeconds: number;
}

/** Something on the command line that is not understood; the message says what would be. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** undefined: only the usage is wanted. */
export function parseOptions(words: readonly string[]): SandboxOptions | undefined {
  const { values } = parseArgs({
    args: [...words],
    options: {
      machines: { type: 'string', default: '3' },
      firmware: { type: 'string' },
      'no-machines': { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      timeout: { type: 'string', default: '900' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const count = values['no-machines'] ? 0 : wholeNumber('--machines', values.machines, MOST_MACHINES);
  const firmware = firmwareOf(values.firmware);
  return {
    machines: Array.from({ length: count }, (_, index) => firmware ?? (index % 3 === 2 ? 'uefi' : 'bios')),
    keep: values.keep || count === 0,
    timeoutSeconds: wholeNumber('--timeout', values.timeout, 86_400),
  };
}

function firmwareOf(text: string | undefined): Firmware | undefined {
  if (text === undefined || text === 'bios' || text === 'uefi') return text;
  throw new UsageError(`--firmware is bios or uefi, not ${text}`);
}

function wholeNumber(name: string, text: string, largest: number): number {
  if (/^\d{1,6}$/.test(text) && Number(text) <= largest) return Number(text);
  throw new UsageError(`${name} is a number from 0 to ${largest}, not ${text}`);
}
