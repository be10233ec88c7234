import type { ApiHost } from '../api/schemas.js';
import { stateNames } from '../api/state-names.js';
import { cell } from './columns.js';

type State = ApiHost['state'];

/** Where somebody stands who waits for machines to come to a state. */
export interface Waiting {
  readonly wanted: State;
  /** By serial: who was not there yet, as last seen; undefined when the daemon has not seen it yet. */
  readonly pending: ReadonlyMap<string, ApiHost | undefined>;
  readonly reached: readonly ApiHost[];
  /** What has changed since the look before, a line for each machine. */
  readonly news: readonly string[];
}

export function beginWaiting(wanted: State, serials: readonly string[]): Waiting {
  return { wanted, pending: new Map(serials.map((serial) => [serial, undefined])), reached: [], news: [] };
}

/** One look further. `isFirst` tells what is known of all. */
export function lookAgain(
  { wanted, pending, reached }: Waiting,
  found: ReadonlyMap<string, ApiHost>,
  isFirst: boolean,
): Waiting {
  const seen = [...pending].map(([serial, before]) => ({ serial, before, now: found.get(serial) }));
  const arrived = seen.flatMap(({ now, before }) =>
    now && hasReached(wanted, now.state, before?.state) ? [now] : [],
  );
  return {
    wanted,
    pending: new Map(
      seen.filter(({ now }) => !now || !arrived.includes(now)).map(({ serial, now }) => [serial, now]),
    ),
    reached: [...reached, ...arrived],
    news: seen
      .filter(({ before, now }) => isFirst || describe(before) !== describe(now))
      .map(({ serial, now }) => `${serial}: ${describe(now)}`),
  };
}

/** `ser0001 is installing (write 40 %), ser0002 is not seen yet` */
export function describePending({ pending }: Waiting): string {
  return [...pending].map(([serial, host]) => `${serial} is ${describe(host)}`).join(', ');
}

/** Commands worth a line each, before it gets longer than a terminal. */
const FEW = 3;

/** `imagoctl history ser0001, imagoctl explain ser0002`: what has a history, and what would happen to who has none. */
export function whereToLook({ pending }: Waiting): string {
  const commands = [...pending].map(
    ([serial, host]) => `imagoctl ${host ? 'history' : 'explain'} ${host?.serial ?? serial}`,
  );
  return `${commands.slice(0, FEW).join(', ')}${commands.length > FEW ? ', …' : ''}`;
}

/**
 * Whether a machine has come to the wanted state: it is in it, or it passed it between two looks. One that was beyond it from
 * the start has not: `wait --for installing` is not over because a machine runs already.
 */
export function hasReached(wanted: State, now: State, before: State | undefined): boolean {
  if (now === wanted) return true;
  return before !== undefined && rank(before) < rank(wanted) && rank(now) > rank(wanted);
}

function describe(host: ApiHost | undefined): string {
  if (!host) return 'not seen yet';
  const { state, progress } = host;
  return state === 'installing' && progress
    ? `${state} (${cell(`${progress.phase} ${progress.message}`.trim())})`
    : state;
}

function rank(state: State): number {
  return stateNames.indexOf(state);
}
