import { setTimeout as pause } from 'node:timers/promises';
import { Flags } from '@oclif/core';
import type { ApiHost } from '../../api/schemas.js';
import { stateNames } from '../../api/state-names.js';
import { parseDuration } from '../duration.js';
import { failureLine } from '../failure.js';
import { findHosts } from '../find-hosts.js';
import { ImagoCommand } from '../imago-command.js';
import { keepLooking } from '../keep-looking.js';
import { selectorFlags } from '../selector-flags.js';
import { resolveTargets } from '../targets.js';
import { WaitedInVain } from '../waited-in-vain.js';
import { beginWaiting, describePending, lookAgain, whereToLook } from '../waiting.js';

const LOOK_EVERY_SECONDS = 1;

export default class Wait extends ImagoCommand {
  static override summary = 'Wait until machines are in a state.';
  static override description =
    'Prints each step. Also waits for machines that the daemon has not seen yet. Ends with status 5 when the time is over.';
  static override usage = 'wait SERIAL… --for STATE';
  static override examples = ['<%= config.bin %> <%= command.id %> 4vx9z52 --for running --timeout 20m'];
  static override strict = false;
  static override flags = {
    ...selectorFlags,
    for: Flags.option({ options: stateNames })({ default: 'running', summary: 'The state to wait for.' }),
    timeout: Flags.string({
      default: '30m',
      helpValue: 'TIME',
      summary: 'How long, as in 90s, 20m or 1h30m.',
    }),
  };

  async run(): Promise<ApiHost[]> {
    const { argv, flags } = await this.parse(Wait);
    const until = performance.now() + parseDuration(flags.timeout) * 1000;
    const api = await this.connect(flags);
    const serials = await resolveTargets(api, argv.map(String), flags);
    let waiting = beginWaiting(flags.for, serials);
    let isFirst = true;
    for await (const { seen, fault } of keepLooking(
      () => findHosts(api, serials),
      () => pause(LOOK_EVERY_SECONDS * 1000),
    )) {
      if (fault) this.logToStderr(failureLine(fault, this.config.bin));
      waiting = lookAgain(waiting, seen, isFirst);
      isFirst = false;
      this.print(waiting.news);
      if (waiting.pending.size === 0 || performance.now() >= until) break;
    }
    if (waiting.pending.size > 0) {
      throw new WaitedInVain(
        `not ${flags.for} within ${flags.timeout}: ${describePending(waiting)}; see ${whereToLook(waiting)}`,
      );
    }
    return [...waiting.reached];
  }
}
