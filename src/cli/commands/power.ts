import { Args } from '@oclif/core';
import type { PowerDone, PowerState } from '../../api/power.js';
import { canAsk, confirm, confirmationFlags, lockNote } from '../confirm.js';
import { ImagoCommand } from '../imago-command.js';
import { selectorFlags } from '../flags.js';
import { resolveTargets } from '../targets.js';
import { UsageError } from '../errors.js';

const verbs = ['status', 'on', 'off', 'cycle', 'reset', 'soft'] as const;
type Verb = (typeof verbs)[number];

/** What it does to whoever uses the machine. */
const losses: Partial<Readonly<Record<Verb, string>>> = {
  off: 'lose their power at once',
  cycle: 'lose their power for a moment',
  reset: 'be reset',
  soft: 'be shut down',
};

export default class Power extends ImagoCommand {
  static override summary = 'Switch machines on or off, or see whether they are on.';
  static override description = `status, on, off (at once), soft (asks its system), cycle (off for a moment; switches on what is off), reset.
Each machine's BMC does it: see docs/power.md.`;
  static override usage = 'power status|on|off|cycle|reset|soft SERIAL…';
  static override examples = [
    '<%= config.bin %> <%= command.id %> status 4vx9z52',
    '<%= config.bin %> <%= command.id %> cycle --profile core --yes',
  ];
  static override strict = false;
  static override args = {
    action: Args.string({ ignoreStdin: true, options: [...verbs], description: 'what to do' }),
  };
  static override flags = {
    ...selectorFlags,
    ...confirmationFlags,
  };

  async run(): Promise<readonly (PowerState | PowerDone)[]> {
    const { argv, flags } = await this.parse(Power);
    const [word, ...named] = argv.map(String);
    const verb = verbs.find((known) => known === word);
    if (verb === undefined) throw new UsageError(`say what to do first: one of ${verbs.join(', ')}`);
    const api = await this.connect(flags);
    const serials = await resolveTargets(api, named, flags);
    if (verb === 'status') {
      return this.toEach(
        serials,
        (serial) => api.power(serial),
        ({ serial, power }) => `${serial}: ${power}`,
      );
    }
    if (flags['dry-run']) {
      await this.toEach(
        serials,
        (serial) => api.host(serial),
        (host) => `${host.serial}: would be told power ${verb}${lockNote(host)}`,
      );
      return [];
    }
    const loss = losses[verb];
    if (loss !== undefined && !flags.yes && canAsk()) {
      await confirm(`${serials.length} will ${loss}: ${serials.join(', ')}.`);
    }
    return this.toEach(
      serials,
      (serial) => api.setPower(serial, verb),
      ({ serial }) => `${serial}: power ${verb}`,
    );
  }
}
