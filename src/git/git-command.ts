import { execFile } from 'node:child_process';
import { ImagoError, cleanText } from '../errors.js';

/** The `git` command failed; its own last line says why. */
export class GitFailed extends ImagoError {
  readonly code = 'GIT_FAILED';

  constructor(words: readonly string[], reason: string) {
    super(`git ${words[0] ?? ''} failed: ${cleanText(reason)}`, { command: words[0] ?? '' });
  }
}

export interface GitOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Over the daemon's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Nobody sits at a terminal: git and ssh fail where they would ask. Who is silent for a minute is given up, however much
 * time a transfer takes that goes on.
 */
const ENVIRONMENT = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_SSH_COMMAND:
    'ssh -o BatchMode=yes -o ConnectTimeout=30 -o ServerAliveInterval=15 -o ServerAliveCountMax=4',
  GIT_HTTP_LOW_SPEED_LIMIT: '1',
  GIT_HTTP_LOW_SPEED_TIME: '60',
  LC_ALL: 'C',
};

const TIMEOUT_MS = 60_000;
/** The first push of a large cluster over a slow line. */
export const TRANSFER_TIMEOUT_MS = 6 * 3_600_000;

/**
 * Runs git and gives what it prints.
 * @throws GitFailed
 */
export function runGit(
  directory: string,
  words: readonly string[],
  options: GitOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const settings = {
      cwd: directory,
      timeout: options.timeoutMs ?? TIMEOUT_MS,
      maxBuffer: 2 ** 26,
      env: { ...ENVIRONMENT, ...process.env, ...options.environment },
      ...(options.signal && { signal: options.signal }),
    };
    execFile('git', words, settings, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else if (error.code === 'ENOENT') reject(new GitFailed(words, 'there is no git command: install git'));
      else reject(new GitFailed(words, stderr.trim().split('\n').slice(-2).join(' ') || error.message));
    });
  });
}
