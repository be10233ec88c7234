import { BmcFault } from './errors.js';
import type { RedfishAnswer, RedfishConnection } from './redfish-connection.js';
import { reasonOfTask } from './redfish-refusal.js';
import { Task } from './redfish-schema.js';
import type { Authorized } from './redfish-session.js';

/** Waits so many milliseconds; rejects when the command is over. */
export type Pause = (milliseconds: number) => Promise<void>;

export interface Talk {
  readonly connection: RedfishConnection;
  readonly headers: Authorized;
  readonly pause: Pause;
}

const PAUSE_MS = 1000;
const MOST_LOOKS = 15;

/** DSP0268 TaskState: it is over, and what was asked for was not done. */
const FAILED: ReadonlySet<string> = new Set(['Exception', 'Killed', 'Cancelled', 'Interrupted']);

/**
 * DSP0266 §12.2: what is answered with 202 is done later, by a task. Followed to its end, as long as that comes soon: a task
 * that waits for the machine's next reset does not end before.
 * @returns Whether it is done.
 * @throws BmcFault with the task's own reason when it failed, and what the refusals of a call are
 */
export async function followTask(talk: Talk, accepted: RedfishAnswer): Promise<boolean> {
  const { connection, headers, pause } = talk;
  const monitor = connection.pathOf(
    accepted.headers['location'] ?? taskOf(accepted.body)?.['@odata.id'] ?? undefined,
  );
  if (isOver(talk, accepted)) return true;
  if (monitor === undefined) return false;
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    await pause(PAUSE_MS);
    const call = { method: 'GET', path: monitor, headers } as const;
    const answer = await connection.ask(call);
    // What has ended may be forgotten.
    if (answer.status === 404 || answer.status === 410) return true;
    if (answer.status >= 300) throw connection.refusal(call, answer);
    if (isOver(talk, answer)) return true;
  }
  return false;
}

/** @throws BmcFault */
function isOver({ connection }: Talk, { status, body }: RedfishAnswer): boolean {
  const { TaskState: state, TaskStatus: health } = taskOf(body) ?? {};
  if (state === undefined || state === null) return status !== 202;
  if (FAILED.has(state) || (state === 'Completed' && health === 'Critical')) {
    throw new BmcFault(
      connection.name,
      connection.scrub(`its task failed: ${reasonOfTask(body)}`),
      'see the log of the BMC',
    );
  }
  return state === 'Completed';
}

function taskOf(body: unknown) {
  return Task.safeParse(body).data;
}
