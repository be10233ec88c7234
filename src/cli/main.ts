import { commandFirst } from './command-first.js';
import { quickLane } from './quick-lane.js';

export interface CliOptions {
  /** The folder of package.json. */
  readonly root: string;
  /** The name it was called by. */
  readonly bin: string;
}

/** Runs one command and answers the exit code; what it has to say is printed. */
export async function main(argv: readonly string[], { root, bin }: CliOptions): Promise<number> {
  const words = commandFirst(argv);
  try {
    if (await quickLane(words, { root, bin })) return 0;
    const { run, settings } = await import('@oclif/core');
    settings.enableAutoTranspile = false; // only compiled commands, whatever NODE_ENV says
    await run(words, { root });
    return 0;
  } catch (error) {
    const [{ failureLine }, { exitCodeOf }] = await Promise.all([
      import('./failure.js'),
      import('./exit-code.js'),
    ]);
    const line = failureLine(error, bin, words[0]);
    if (line !== undefined) process.stderr.write(`${line}\n`);
    if (process.env['DEBUG']?.includes('imago') && error instanceof Error) {
      process.stderr.write(`${error.stack}\n`);
    }
    return exitCodeOf(error);
  }
}
