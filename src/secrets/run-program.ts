import { LONGEST_SECRET, unusable } from './secret-text.js';

export interface ProgramRun {
  /** Of the secret. */
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  /** Whether what it complains about may be shown. What mints a value could write that there. */
  readonly showsComplaints: boolean;
}

/**
 * What a program prints. It has this environment and no other, no shell, and no input.
 * @throws SecretUnusable
 */
export async function runProgram(run: ProgramRun): Promise<Buffer> {
  const { name, command, environment, timeoutSeconds } = run;
  const [program = '', ...argv] = command;
  const { execa } = await import('execa'); // not at the start: see docs/decisions/start.md
  const result = await execa(program, argv, {
    env: environment,
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    encoding: 'buffer',
    stripFinalNewline: false,
    timeout: timeoutSeconds * 1000,
    forceKillAfterDelay: 2000,
    maxBuffer: LONGEST_SECRET,
  });
  if (!result.failed) return Buffer.from(result.stdout);
  const fault = (reason: string, remedy: string) => unusable(name, program, reason, remedy);
  if (result.timedOut)
    throw fault(`it took longer than ${timeoutSeconds} s`, 'see what it waits for, or raise timeoutSeconds');
  if (result.isMaxBuffer)
    throw fault(`it prints more than ${LONGEST_SECRET} bytes`, 'have it print the value alone');
  if (result.code === 'ENOENT') throw fault('there is no such program', 'install it, or name another');
  if (result.exitCode === undefined)
    throw fault(`it was not run or was ended (${result.code ?? result.signal ?? ''})`, 'run it by hand');
  throw fault(
    `it ended with ${result.exitCode}${run.showsComplaints ? complaintOf(result.stderr) : ''}`,
    'run it by hand',
  );
}

const LONGEST_COMPLAINT = 300;

function complaintOf(stderr: Uint8Array): string {
  const lines = Buffer.from(stderr)
    .toString('utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.length === 0
    ? ''
    : `: ${lines
        .join(' ')
        .replace(/[^ -~]/g, ' ')
        .slice(0, LONGEST_COMPLAINT)}`;
}
