import { Errors } from '@oclif/core';
import { ApiProblem, ServerUnreachable, ServerUntrusted, UnexpectedAnswer } from '../api/errors.js';
import { SomeRefused } from './for-each-target.js';
import { NothingSelected } from './targets.js';
import { UsageError, WaitedInVain } from './errors.js';

/** What scripts can tell apart; documented in docs/imagoctl.md. */
export const exitCodes = {
  ok: 0,
  /** The server refused, or something went wrong. */
  refused: 1,
  usage: 2,
  notFound: 3,
  unreachable: 4,
  /** What was waited for did not happen in time. */
  timedOut: 5,
} as const;

/** Nobody, or nobody who is believed, answers as imago does. */
const unreachable = [ServerUnreachable, ServerUntrusted, UnexpectedAnswer];

export function exitCodeOf(error: unknown): number {
  if (error instanceof ApiProblem) return error.status === 404 ? exitCodes.notFound : exitCodes.refused;
  if (error instanceof SomeRefused) {
    const codes = new Set(error.outcomes.failed.map(({ problem }) => exitCodeOf(problem)));
    return codes.size === 1 ? ([...codes][0] ?? exitCodes.refused) : exitCodes.refused;
  }
  if (error instanceof NothingSelected) return exitCodes.notFound;
  if (error instanceof WaitedInVain) return exitCodes.timedOut;
  if (unreachable.some((kind) => error instanceof kind)) return exitCodes.unreachable;
  if (error instanceof UsageError) return exitCodes.usage;
  if (error instanceof Errors.CLIError) return error.oclif.exit ?? exitCodes.usage;
  return exitCodes.refused;
}
