import { setTimeout as delay } from 'node:timers/promises';
import { Flags } from '@oclif/core';
import type { ApiHost } from '../../api/schemas.js';
import { ApiProblem } from '../../api/errors.js';
import { ImagoError } from '../../errors.js';
import { cell } from '../columns.js';
import { canAsk, confirm, confirmationFlags, lockNote } from '../confirm.js';
import { parseDuration } from '../times.js';
import { forEachTarget, throwRefusals } from '../for-each-target.js';
import { ImagoCommand } from '../imago-command.js';
import { inBatches, reinstall, type Reinstalled } from '../reinstall.js';
import { selectorFlags } from '../flags.js';
import { resolveTargets } from '../targets.js';

const LOOK_EVERY_MS = 1000;

class SomeNotReinstalled extends ImagoError {
  readonly code = 'SOME_NOT_REINSTALLED';

  constructor(failed: readonly { serial: string; error: Error }[], skipped: readonly string[]) {
    const why = failed.map(({ serial, error }) => `${serial}: ${error.message}`).join('; ');
    const rest = skipped.length > 0 ? `; not begun: ${skipped.join(', ')}` : '';
    super(`${failed.length} could not be reinstalled: ${why}${rest}`, {
      failed: failed.map(({ serial }) => serial),
      skipped,
    });
  }
}

export default class Reinstall extends ImagoCommand {
  static override summary = 'Have machines installed again, now.';
  static override description = `Sets the state to configured, boots from the network once, cycles the power and waits until the machine runs. Its disk is wiped, if it has one.
Stops at the first that fails, unless told to keep going.`;
  static override usage = 'reinstall SERIAL… [--parallel N]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 4vx9z52',
    '<%= config.bin %> <%= command.id %> --profile core --parallel 4 --yes',
  ];
  static override strict = false;
  static override flags = {
    ...selectorFlags,
    ...confirmationFlags,
    parallel: Flags.integer({ default: 1, min: 1, max: 256, summary: 'How many at a time.' }),
    'keep-going': Flags.boolean({ summary: 'Go on with the others when one fails.' }),
    wait: Flags.boolean({ default: true, allowNo: true, summary: 'Wait until it runs.' }),
    timeout: Flags.string({
      default: '30m',
      helpValue: 'TIME',
      summary: 'How long one may take, as in 20m.',
    }),
    uefi: Flags.boolean({
      allowNo: true,
      summary: 'Boot with UEFI, or not; without it as the machine was last seen to boot.',
    }),
  };

  async run(): Promise<readonly Reinstalled[]> {
    const { argv, flags } = await this.parse(Reinstall);
    const timeoutMs = parseDuration(flags.timeout) * 1000;
    const api = await this.connect(flags);
    const looked = await forEachTarget(await resolveTargets(api, argv.map(String), flags), (serial) =>
      api.host(serial),
    );
    throwRefusals(looked);
    const hosts = looked.done;
    if (flags['dry-run']) {
      this.print(
        hosts.map((host) => `${host.serial}: would be reinstalled; it is ${host.state}${lockNote(host)}`),
      );
      return [];
    }
    if (!flags.yes && canAsk()) {
      await confirm(lossOfReinstalling(hosts), hosts.filter(({ diskless }) => diskless !== true).length);
    }
    const batch = await inBatches(
      hosts.map(({ serial }) => serial),
      { parallel: flags.parallel, keepGoing: flags['keep-going'] },
      async (serial) => {
        const until = performance.now() + timeoutMs;
        return reinstall(api, serial, {
          uefi: flags.uefi,
          wait: flags.wait,
          deadline: () => performance.now() >= until,
          pause: () => delay(LOOK_EVERY_MS),
          tell: (line) => this.print([`${serial}: ${cell(line)}`]),
        });
      },
    );
    const [first, ...others] = batch.failed;
    if (first && others.length === 0 && batch.done.length === 0 && batch.skipped.length === 0) {
      throw first.error instanceof ApiProblem || first.error instanceof ImagoError
        ? first.error
        : new SomeNotReinstalled(batch.failed, batch.skipped);
    }
    if (first) throw new SomeNotReinstalled(batch.failed, batch.skipped);
    return batch.done;
  }
}

/** Of a diskless machine nothing is wiped. */
function lossOfReinstalling(hosts: readonly ApiHost[]): string {
  const sentences = [
    { loss: 'cycled and wiped', those: hosts.filter(({ diskless }) => diskless !== true) },
    { loss: 'cycled', those: hosts.filter(({ diskless }) => diskless === true) },
  ].filter(({ those }) => those.length > 0);
  return sentences
    .map(({ loss, those }) => {
      const names = those.map(({ serial, state }) => `${serial} (${state})`).join(', ');
      return `${those.length} will be ${loss}: ${names}.`;
    })
    .join(' ');
}
