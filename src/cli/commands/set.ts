import type { ApiHost } from '../../api/schemas.js';
import { canAsk, confirm, confirmationFlags, lockNote } from '../confirm.js';
import { forEachTarget, throwRefusals } from '../for-each-target.js';
import { ImagoCommand } from '../imago-command.js';
import { settingNames, settingOf, type Setting } from '../settings.js';
import { selectorFlags } from '../flags.js';
import { isEmpty, NothingSelected, resolveTargets, selectHosts } from '../targets.js';
import { UsageError } from '../errors.js';

export default class Set extends ImagoCommand {
  static override summary = 'Change what is recorded of machines.';
  static override description = `Keys: ${settingNames.join(', ')}.

A machine that is set configured installs itself again, and its disk is wiped, when it next boots from the network. A diskless machine has none to lose.`;
  static override usage = 'set SERIAL… KEY VALUE';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 4vx9z52 state configured',
    '<%= config.bin %> <%= command.id %> --profile core --state running state configured --dry-run',
  ];
  static override strict = false;
  static override flags = { ...selectorFlags, ...confirmationFlags };

  async run(): Promise<ApiHost[]> {
    const { argv, flags } = await this.parse(Set);
    const words = argv.map(String);
    const [key, value] = words.slice(-2);
    if (key === undefined || value === undefined) {
      throw new UsageError(`give serials, a key (${settingNames.join(', ')}) and its value`);
    }
    const setting = settingOf(key, value);
    const api = await this.connect(flags);
    const serials = await resolveTargets(api, words.slice(0, -2), flags);
    const looked = await forEachTarget(serials, (serial) => api.hostWithVersion(serial));
    // What was selected is what still fits when it is looked at.
    const seen = looked.done.filter(({ host }) => selectHosts([host], flags).length > 0);
    if (seen.length + looked.failed.length === 0) throw new NothingSelected(flags);
    if (flags['dry-run']) {
      this.print(
        seen.map(
          ({ host }) => `${host.serial}: would set ${key} ${value}${lossOf(setting, host)}${lockNote(host)}`,
        ),
      );
      throwRefusals(looked);
      return seen.map(({ host }) => host);
    }
    const isAsked = !flags.yes && canAsk();
    if (isAsked) await confirmLoss(seen.map(({ host }) => host).filter(setting.loses));
    // A script that names machines means them whatever became of them; whoever was asked, or selects, means what was seen.
    const isGuarded = setting.mayLose && (isAsked || !isEmpty(flags));
    const versions = new Map(seen.map(({ host, version }) => [host.serial, version]));
    const unchanged = new globalThis.Set(
      seen.filter(({ host }) => setting.isSetOf(host)).map(({ host }) => host.serial),
    );
    const outcomes = await forEachTarget([...versions.keys()], (serial) =>
      setting.apply(api, serial, isGuarded ? { ifVersion: versions.get(serial) } : {}),
    );
    this.print(
      outcomes.done.map(({ serial }) =>
        unchanged.has(serial)
          ? `${serial}: ${alreadySet(key, value)}, nothing changed`
          : `${serial}: ${key} ${value}`,
      ),
    );
    throwRefusals({ done: outcomes.done, failed: [...looked.failed, ...outcomes.failed] });
    return [...outcomes.done];
  }
}

function alreadySet(key: string, value: string): string {
  return key === 'state' ? `already ${value}` : `${key} is ${value || 'empty'} already`;
}

function lossOf(setting: Setting, host: ApiHost): string {
  return setting.loses(host) ? `; it is ${host.state}, and its disk would be wiped` : '';
}

async function confirmLoss(losers: readonly ApiHost[]): Promise<void> {
  if (losers.length === 0) return;
  const names = losers.map(({ serial, state }) => `${serial} (${state})`).join(', ');
  const whose = losers.length === 1 ? 'The disk of 1 machine' : `The disks of ${losers.length} machines`;
  await confirm(`${whose} will be wiped at the next boot: ${names}.`, losers.length);
}
