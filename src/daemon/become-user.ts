import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, lchownSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Fault } from '../config/fault.js';
import type { Config } from '../config/schema.js';
import { fileReason, ImagoError } from '../errors.js';

/** Why imago cannot run as the user that it is to become. */
class UserUnusable extends ImagoError {
  readonly code = 'USER_UNUSABLE';

  constructor(user: string, reason: string, cause?: unknown) {
    super(`imago cannot become ${user}: ${reason}, or correct process.user`, { user, reason }, { cause });
  }
}

interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Its own among them. */
  readonly groups: readonly number[];
  readonly home: string;
}

/** Gives up what was kept for opening ports. */
export type GiveUpPorts = () => void;

/** Capabilities by their bits (linux/capability.h): ports below 1024; larger buffers; raw sockets. */
const FOR_PORTS = (1 << 10) | (1 << 12) | (1 << 13);
/** _LINUX_CAPABILITY_VERSION_3: two words of 32 bits for each set. */
const CAPABILITY_VERSION = 0x20080522;

/**
 * Becomes the user, before anything is opened: files that are made from now on, by any thread, are the user's, and so are programs that are started. The
 * calling thread keeps what opening ports takes until the returned function is called; then no thread has any capability left, and none comes back.
 * @param own Folders that imago writes to: they and all in them become the user's.
 * @throws UserUnusable
 */
export async function becomeUser(name: string, own: readonly string[]): Promise<GiveUpPorts> {
  const user = findUser(name);
  if (process.getuid?.() === user.uid) return () => undefined;
  if (process.getuid?.() !== 0)
    throw new UserUnusable(name, 'only root becomes another user: start imago as root');
  const { setresuid, capset } = await loadCalls(name);
  for (const folder of own) if (existsSync(folder)) handOver(folder, user);
  process.setgroups?.(user.groups);
  process.setgid?.(user.gid);
  // A saved id of root keeps capabilities permitted, and no program that is started inherits it (man capabilities).
  check(setresuid(user.uid, user.uid, 0), name);
  check(capset(...portsOnly()), name);
  process.env['HOME'] = user.home;
  process.env['USER'] = process.env['LOGNAME'] = user.name;
  for (const folder of [...own, fileURLToPath(new URL('..', import.meta.url))]) requireReadable(folder, name);
  return () => check(setresuid(user.uid, user.uid, user.uid), name);
}

/** Whether the user is there; what else can be in the way shows at the start. */
export function checkUser({ user }: Config['process']): Fault[] {
  try {
    if (user !== undefined) findUser(user);
    return [];
  } catch (error) {
    if (!(error instanceof UserUnusable)) throw error;
    return [{ path: ['process', 'user'], message: error.message }];
  }
}

/** @throws UserUnusable */
function findUser(name: string): SystemUser {
  try {
    // These ask what the system is set up to ask, as LDAP.
    const ask = (command: string, ...words: string[]) =>
      execFileSync(command, words, {
        encoding: 'utf8',
        timeout: 10_000,
        stdio: 'pipe',
        env: { PATH: process.env['PATH'] },
      }).trim();
    const [, , uid, gid, , home] = ask('getent', 'passwd', name).split(':');
    const groups = ask('id', '-G', name).split(' ').map(Number);
    return { name, uid: Number(uid), gid: Number(gid), groups, home: home || '/' };
  } catch (error) {
    throw new UserUnusable(name, 'there is no such user: make it with useradd --system', error);
  }
}

/** libc's setresuid changes all threads, unlike the system call. */
async function loadCalls(name: string) {
  try {
    const { default: koffi } = await import('koffi');
    const libc = koffi.load(null);
    const setresuid = libc.func('int setresuid(uint32_t real, uint32_t effective, uint32_t saved)');
    const capset = libc.func('int capset(void *header, void *data)');
    return {
      setresuid: (...ids: [number, number, number]) => Number(setresuid(...ids)),
      capset: (header: Uint32Array, data: Uint32Array) => Number(capset(header, data)),
    };
  } catch (error) {
    throw new UserUnusable(name, 'koffi cannot be loaded on this system', error);
  }
}

/** Effective, permitted, inheritable, and the upper halves of all three; of the calling thread. */
function portsOnly(): [Uint32Array, Uint32Array] {
  return [Uint32Array.of(CAPABILITY_VERSION, 0), Uint32Array.of(FOR_PORTS, FOR_PORTS, 0, 0, 0, 0)];
}

function check(result: number, name: string): void {
  if (result !== 0) throw new UserUnusable(name, 'the system refuses it: see the limits of its container');
}

function requireReadable(folder: string, name: string): void {
  try {
    if (existsSync(folder)) accessSync(folder, constants.R_OK | constants.X_OK);
  } catch (error) {
    throw new UserUnusable(
      name,
      `it cannot read ${folder} (${fileReason(error)}): open the folders above`,
      error,
    );
  }
}

/** Symbolic links themselves, and nothing that they lead to. */
function handOver(path: string, { uid, gid }: Pick<SystemUser, 'uid' | 'gid'>): void {
  const stats = lstatSync(path);
  if (stats.uid !== uid || stats.gid !== gid) lchownSync(path, uid, gid);
  if (!stats.isDirectory()) return;
  for (const name of readdirSync(path)) handOver(join(path, name), { uid, gid });
}
