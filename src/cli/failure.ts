import { Errors } from '@oclif/core';
import { cleanText, ImagoError } from '../errors.js';
import { exitCodeOf } from './exit-code.js';
import { SomeRefused } from './for-each-target.js';
import { inCommands } from './in-commands.js';
import { UsageError } from './errors.js';

/** The one line for standard error; none for a command that only ends. `command` is the one it was called with. */
export function failureLine(error: unknown, bin: string, command?: string): string | undefined {
  if (error instanceof Errors.ExitError) return undefined;
  if (error instanceof ImagoError) return `${bin}: ${shown(error)}`;
  if (error instanceof Errors.CLIError) {
    // Only a command that exists was able to say what its line lacks.
    const isThere = command !== undefined && !/^command .* not found/.test(error.message);
    const topic = isThere ? ` ${command}` : '';
    return `${bin}: ${usageText(error)}; see ${bin} help${topic}`;
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `${bin}: this is a fault of ${bin} itself: ${oneLine(text)}; set DEBUG=imago for its stack`;
}

interface FailureJson {
  readonly error: Readonly<Record<string, unknown>>;
  /** Of several machines: what became of the others, and who was refused and why. */
  readonly done?: readonly unknown[];
  readonly refused?: readonly { readonly serial: string; readonly code: string; readonly message: string }[];
}

/** The same for programs, on standard output where `--json` is given. */
export function failureJson(error: unknown): FailureJson {
  const exit = exitCodeOf(error);
  if (error instanceof SomeRefused) {
    const { done, failed } = error.outcomes;
    const refused = failed.map(({ serial, problem }) => ({
      serial,
      code: problem.code,
      message: inCommands(problem.message),
    }));
    return { error: { code: error.code, message: inCommands(error.message), exit }, done, refused };
  }
  if (error instanceof ImagoError) {
    return { error: { ...error.facts, code: error.code, message: inCommands(error.message), exit } };
  }
  if (error instanceof Errors.CLIError) return { error: { code: 'USAGE', message: usageText(error), exit } };
  const message = error instanceof Error ? oneLine(error.message) : String(error);
  return { error: { code: 'INTERNAL', message, exit } };
}

/** What oclif says of a command line, without its hints, in one line. */
function usageText({ message }: Error): string {
  const [said = ''] = message.replace('See more help with --help', '').split('\n\n');
  return oneLine(said.trim().replace(/(?<=\S) {2,}/g, ', ')).replace(/\.$/, '');
}

/** What the daemon's program complains of is a configuration with all its faults, too. */
const manyFaults: ReadonlySet<string> = new Set(['CONFIG_INVALID', 'NOT_DONE']);

/** A file has many faults, each with its place: a line for each. */
function shown(error: ImagoError): string {
  const { code } = error;
  const message = inCommands(error.message);
  const isOfFile = manyFaults.has(code) || error instanceof UsageError;
  return isOfFile ? message.split('\n').map(oneLine).join('\n') : oneLine(message);
}

function oneLine(text: string): string {
  return cleanText(text.replace(/\s+/g, ' ').trim());
}
