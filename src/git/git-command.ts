import { execFile, type ExecFileException } from 'node:child_process';
import { setPriority } from 'node:os';
import { ImagoError, cleanText } from '../errors.js';

/** The `git` command failed; its own last lines say why. */
export class GitFailed extends ImagoError {
  readonly code = 'GIT_FAILED';

  /** Whether the disk or the set-up is at fault, not the repository. */
  readonly isOfSystem: boolean;

  constructor(words: readonly string[], reason: string) {
    super(`git ${words[0] ?? ''} failed: ${cleanText(reason)}`, { command: words[0] ?? '' });
    this.isOfSystem = reason.startsWith(NO_GIT) || OF_SYSTEM.test(reason);
  }
}

const NO_GIT = 'there is no git command: install git';
/** As the C library words it. */
const OF_SYSTEM = /No space left on device|Disk quota exceeded|Read-only file system|Permission denied/;

export interface GitOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Over the daemon's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

interface LocalGitOptions extends GitOptions {
  /** Over those of the repository, and over `FIXED_SETTINGS`. */
  readonly settings?: Readonly<Record<string, string>>;
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

/** What git, ssh and curl look up in it: who runs them, the proxies and authorities of this server, and what is set for git itself. */
const INHERITED =
  /^(?:PATH|HOME|USER|LOGNAME|TMPDIR|XDG_CONFIG_HOME|SSH_AUTH_SOCK|SSL_CERT_(?:FILE|DIR)|(?:https?|all|no)_proxy|HTTPS?_PROXY|ALL_PROXY|NO_PROXY|GIT_.*)$/;

/** The daemon's environment may hold what is no business of git, its helpers and the other side's hooks. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => INHERITED.test(name)));
}

/**
 * Runs git in a folder, with the configuration of whoever runs imago, and gives what it prints.
 * @throws GitFailed
 */
export function runGit(
  directory: string,
  words: readonly string[],
  options: GitOptions = {},
): Promise<string> {
  const env = { ...ENVIRONMENT, ...inherited(), ...options.environment };
  return run(words, { cwd: directory, env }, words, options);
}

/** Settings of a repository that would make what git writes here slow to write, not durable, or unreadable for imago. */
const FIXED_SETTINGS = {
  'core.fsync': 'committed',
  'core.fsyncMethod': 'fsync',
  'pack.indexVersion': '2',
  'pack.packSizeLimit': '0',
  'pack.threads': '1',
  'pack.windowMemory': '64m',
  'repack.packKeptObjects': 'false',
  'repack.updateServerInfo': 'false',
  'repack.writeBitmaps': 'false',
};

const LOWEST_PRIORITY = 19;
const LOCAL_TIMEOUT_MS = 10 * 60_000;

/**
 * Runs git on a repository of this disk, below everything else that runs. It sees the repository's own configuration and
 * no other, and no variable of git's that the daemon happens to have. Naming the folder of the repository also spares it
 * the question who owns that.
 * @throws GitFailed
 */
export function runLocalGit(
  gitDirectory: string,
  words: readonly string[],
  options: LocalGitOptions = {},
): Promise<string> {
  const settings = Object.entries({ ...FIXED_SETTINGS, ...options.settings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const env = {
    PATH: process.env['PATH'],
    GIT_DIR: gitDirectory,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    LC_ALL: 'C',
    ...options.environment,
  };
  const where = { cwd: gitDirectory, env };
  return run(
    words,
    where,
    [...settings, ...words],
    { timeoutMs: LOCAL_TIMEOUT_MS, ...options },
    { priority: LOWEST_PRIORITY },
  );
}

/**
 * @param words what the command is called in an error.
 * @param local for a command that works on this disk alone: its priority, and its first complaints tell most.
 * @returns once the process has ended, also where it is broken off.
 */
function run(
  words: readonly string[],
  where: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  given: readonly string[],
  { timeoutMs = TIMEOUT_MS, signal }: GitOptions,
  local?: { readonly priority: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const settings = { ...where, timeout: timeoutMs, maxBuffer: 2 ** 26, ...(signal && { signal }) };
    let settle = (): void => undefined;
    const child = execFile('git', given, settings, (error, stdout, stderr) => {
      settle = () => {
        if (!error) resolve(stdout);
        else reject(new GitFailed(words, reasonOf(error, stderr.trim().split('\n'), local !== undefined)));
      };
    });
    // A command that is broken off is told of at once, and ends a moment later.
    child.once('close', () => {
      settle();
    });
    if (child.pid !== undefined && local) lower(child.pid, local.priority);
  });
}

/** Where the system forbids it (systemd's filter `@resources` does), git runs beside all else. */
function lower(pid: number, priority: number): void {
  try {
    setPriority(pid, priority);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
  }
}

function reasonOf(error: ExecFileException, lines: readonly string[], isLocal: boolean): string {
  if (error.code === 'ENOENT') return NO_GIT;
  const telling = isLocal ? [...new Set([...lines.slice(0, 3), lines.at(-1)])] : lines.slice(-2);
  if (error.killed) return 'it took too long';
  return telling.join(' ') || `it ended with ${error.signal ?? error.code}`;
}
