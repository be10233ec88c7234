import { setTimeout as pause } from 'node:timers/promises';
import { Flags } from '@oclif/core';
import type { ApiHost } from '../../api/schemas.js';
import { stateNames } from '../../api/state-names.js';
import { parseDuration } from '../times.js';
import { failureLine } from '../failure.js';
import { ImagoCommand } from '../imago-command.js';
import { keepLooking } from '../keep-looking.js';
import { selectorFlags } from '../flags.js';
import { resolveTargets } from '../targets.js';
import { WaitedInVain } from '../errors.js';
import { beginWaiting, describePending, lookAgain, whereToLook } from '../waiting.js';
import type { ApiClient } from '../../api/client.js';
import { ApiProblem } from '../../api/errors.js';

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

/** Above this, one call for the whole fleet costs the daemon less than one for each machine. */
const FEW = 8;

/** The machines as the daemon knows them, by the words they were asked for with; unknown ones are left out. */
export async function findHosts(
  api: ApiClient,
  serials: readonly string[],
): Promise<ReadonlyMap<string, ApiHost>> {
  const found = serials.length > FEW ? await fromFleet(api, serials) : await oneByOne(api, serials);
  return new Map(found.flatMap(({ serial, host }) => (host ? [[serial, host] as const] : [])));
}

async function fromFleet(api: ApiClient, serials: readonly string[]) {
  const fleet = new Map((await api.hosts()).map((host) => [host.serial, host]));
  return serials.map((serial) => ({ serial, host: fleet.get(serial.toLowerCase()) }));
}

function oneByOne(api: ApiClient, serials: readonly string[]) {
  return Promise.all(
    serials.map(async (serial) => {
      try {
        return { serial, host: await api.host(serial) };
      } catch (error) {
        if (error instanceof ApiProblem && error.status === 404) return { serial, host: undefined };
        throw error;
      }
    }),
  );
}
