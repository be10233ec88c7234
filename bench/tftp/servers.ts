import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** What can be started in the bench's network namespace and reads `one.bin` from its folder. */
export interface ServerKind {
  readonly name: string;
  /** Loopback of the namespace. */
  readonly port: number;
  readonly supportsWindow: boolean;
  command(folder: string): readonly [string, ...string[]];
}

export const imago: ServerKind = {
  name: 'imago',
  port: 6969,
  supportsWindow: true,
  command: (folder) => [process.execPath, new URL('serve.js', import.meta.url).pathname, folder, '6969'],
};

/** A program that the set-up has unpacked. */
function unpacked(path: string): string {
  return new URL(`../../../.cache/bench-peers/${path}`, import.meta.url).pathname;
}

export const peers: readonly ServerKind[] = [
  {
    name: 'dnsmasq',
    port: 69, // it has no option for another one
    supportsWindow: false,
    command: (folder) => [
      'dnsmasq',
      '--keep-in-foreground',
      '--port=0',
      '--enable-tftp',
      `--tftp-root=${folder}`,
      '--tftp-max=1000',
      '--user=root',
      '--conf-file=/dev/null',
      '--pid-file=',
      '--log-facility=/dev/null',
      '--listen-address=127.0.0.1',
      '--bind-interfaces',
    ],
  },
  {
    name: 'atftpd',
    port: 6971,
    supportsWindow: true,
    command: (folder) => [
      unpacked('atftpd/usr/sbin/atftpd'),
      '--daemon',
      '--no-fork',
      '--port',
      '6971',
      '--bind-address',
      '127.0.0.1',
      '--maxthread',
      '1000',
      '--user',
      'root.root',
      '--logfile',
      '/dev/null',
      folder,
    ],
  },
  {
    name: 'tftp-hpa',
    port: 6972,
    supportsWindow: false,
    command: (folder) => [
      unpacked('tftpd-hpa/usr/sbin/in.tftpd'),
      '-L',
      '-4',
      '-a',
      ':6972',
      '-s',
      folder,
      '-u',
      'root',
    ],
  },
];

export function startServer(kind: ServerKind, namespace: string, folder: string): ChildProcess {
  const [program, ...words] = kind.command(folder);
  return spawn('ip', ['netns', 'exec', namespace, program, ...words], { stdio: 'ignore' });
}

/** CPU seconds of a process and of the children it has waited for, and of those still running. */
export async function cpuSeconds(pid: number): Promise<number> {
  const ticks = (await stat(pid)).slice(11, 15).reduce((sum, text) => sum + Number(text), 0);
  const running = await Promise.all((await childrenOf(pid)).map((child) => cpuSeconds(child).catch(() => 0)));
  return running.reduce((sum, each) => sum + each, ticks / 100);
}

/** Resident mebibytes of a process and its children. */
export async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const own = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  const children = await Promise.all(
    (await childrenOf(pid)).map((child) => residentMiB(child).catch(() => 0)),
  );
  return children.reduce((sum, each) => sum + each, own);
}

/** Fields of /proc/PID/stat from the third on, so that field 14 (utime) is at index 11. */
async function stat(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').filter(Boolean).map(Number);
}
