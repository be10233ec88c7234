import { run, settings } from '@oclif/core';
import { commandFirst } from './command-first.js';
import { exitCodeOf, exitCodes } from './exit-code.js';
import { failureLine } from './failure.js';

export interface CliOptions {
  /** The folder of package.json. */
  readonly root: string;
  /** The name it was called by. */
  readonly bin: string;
}

/** Runs one command and answers the exit code; what it has to say is printed. */
export async function main(argv: readonly string[], { root, bin }: CliOptions): Promise<number> {
  settings.enableAutoTranspile = false; // only compiled commands, whatever NODE_ENV says
  const words = commandFirst(argv);
  try {
    await run(words, { root });
    return exitCodes.ok;
  } catch (error) {
    const line = failureLine(error, bin, words[0]);
    if (line !== undefined) process.stderr.write(`${line}\n`);
    if (process.env['DEBUG']?.includes('imago') && error instanceof Error) {
      process.stderr.write(`${error.stack}\n`);
    }
    return exitCodeOf(error);
  }
}
