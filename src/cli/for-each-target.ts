import { ApiProblem } from '../api/errors.js';
import { ImagoError } from '../errors.js';

/** What became of each machine, in the order in which they were named. */
export interface Outcomes<Result> {
  readonly done: readonly Result[];
  readonly failed: readonly Refusal[];
}

export interface Refusal {
  readonly serial: string;
  readonly problem: ApiProblem;
}

/** Some of several machines were refused; the others were done. */
export class SomeRefused extends ImagoError {
  readonly code = 'SOME_REFUSED';

  constructor(readonly outcomes: Outcomes<unknown>) {
    const { done, failed } = outcomes;
    super(
      `${failed.length} of ${done.length + failed.length} were refused: ` +
        failed.map(({ serial, problem }) => `${serial}: ${problem.message}`).join('; '),
    );
  }
}

/** As many calls at a time as the daemon answers without making others wait. */
const AT_A_TIME = 8;

/** Does the same to each machine. One that is refused does not stop the others; any other fault does. */
export async function forEachTarget<Result>(
  serials: readonly string[],
  act: (serial: string) => Promise<Result>,
  atATime = AT_A_TIME,
): Promise<Outcomes<Result>> {
  const done: Result[] = [];
  const failed: Refusal[] = [];
  for (let first = 0; first < serials.length; first += atATime) {
    const batch = serials.slice(first, first + atATime);
    const results = await Promise.allSettled(batch.map(act));
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') done.push(result.value);
      else if (result.reason instanceof ApiProblem) {
        failed.push({ serial: batch[index] ?? '', problem: result.reason });
      } else throw result.reason;
    }
  }
  return { done, failed };
}

/** @throws what the only machine met, or SomeRefused. */
export function throwRefusals(outcomes: Outcomes<unknown>): void {
  const [only, ...others] = outcomes.failed;
  if (!only) return;
  if (others.length === 0 && outcomes.done.length === 0) throw only.problem;
  throw new SomeRefused(outcomes);
}
