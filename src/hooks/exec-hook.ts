import { cleanText } from '../errors.js';
import type { HookEvent } from './hook-event.js';

export interface ExecHook {
  readonly command: readonly string[];
  readonly timeoutSeconds: number;
}

/** Words that a shell script can use as they are; the whole event is on its standard input. */
function environmentOf(event: HookEvent): Record<string, string> {
  const { id, occasion, serial, what, state, before, profile, address } = event;
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    IMAGO_EVENT: id,
    IMAGO_OCCASION: occasion,
    IMAGO_SERIAL: serial,
    IMAGO_WHAT: what,
    IMAGO_STATE: state ?? '',
    IMAGO_BEFORE: before ?? '',
    IMAGO_PROFILE: profile ?? '',
    IMAGO_ADDRESS: address ?? '',
  };
}

/**
 * Runs the program, with nothing of the daemon's own environment but PATH.
 * @returns why it failed; undefined when it ended with 0
 */
export async function runHook(
  { command, timeoutSeconds }: ExecHook,
  event: HookEvent,
  signal: AbortSignal,
): Promise<string | undefined> {
  const [program = '', ...argv] = command;
  const { execa } = await import('execa'); // not at the start: see docs/decisions/start.md
  const result = await execa(program, argv, {
    env: environmentOf(event),
    extendEnv: false,
    input: `${JSON.stringify(event)}\n`,
    reject: false,
    timeout: timeoutSeconds * 1000,
    forceKillAfterDelay: 2000,
    maxBuffer: 64 * 1024,
    cancelSignal: signal,
  });
  if (!result.failed) return undefined;
  if (result.timedOut) return `it took longer than ${timeoutSeconds} s`;
  if (result.exitCode === undefined)
    return `it was not run or was ended: ${result.code ?? result.signal ?? ''}`;
  const [line = ''] = result.stderr.trim().split('\n').slice(-1);
  return `it ended with ${result.exitCode}${line ? `: ${cleanText(line).slice(0, 200)}` : ''}`;
}
