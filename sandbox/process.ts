import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a program to its end and gives its standard output. Rejects with what it said when it fails. */
export function run(program: string, ...words: readonly string[]): Promise<string> {
  return runIn(process.env, program, ...words);
}

export async function runIn(
  env: Readonly<Record<string, string | undefined>>,
  program: string,
  ...words: readonly string[]
): Promise<string> {
  try {
    const { stdout } = await execute(program, words, { env, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new Error(`${[program, ...words].join(' ')} failed: ${said || String(error)}`, { cause: error });
  }
}

/** A program that goes on until it is stopped. What it says goes to a file. */
export class LastingProcess {
  readonly #child: ChildProcess;
  #ended: string | undefined;

  /** In a process group of its own, so that Ctrl-C reaches only the sandbox, which stops the others in order. */
  constructor(
    readonly name: string,
    program: string,
    words: readonly string[],
    logFile: string,
    folder?: string,
  ) {
    const log = openSync(logFile, 'a');
    this.#child = spawn(program, words, {
      detached: true,
      stdio: ['ignore', log, log],
      ...(folder !== undefined && { cwd: folder }),
    });
    closeSync(log);
    this.#child.once('error', (error) => (this.#ended ??= error.message));
    this.#child.once('exit', (code, signal) => (this.#ended ??= signal ?? `status ${code}`));
  }

  /** How it ended, as in `status 1` or `SIGKILL`; undefined while it runs. */
  get ended(): string | undefined {
    return this.#ended;
  }

  /** Ends it, by force when it takes longer than that. */
  async stop(patienceMs = 10_000): Promise<void> {
    if (this.#ended !== undefined) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const inTime = await Promise.race([exit.then(() => true), delay(patienceMs, false, { ref: false })]);
    if (inTime) return;
    this.#child.kill('SIGKILL');
    await exit;
  }
}
