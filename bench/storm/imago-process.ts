import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, cpSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export const CLUSTER = 'bench';
export const HOST = '127.75.0.1';
/** Linux counts the time of processes in hundredths of a second. */
const TICKS = 100;
/** What prom-client looks at the event loop with; a loop without any delay shows it as well. */
const LOOP_RESOLUTION_MS = 10;

/** What deploy/imago.service sets. */
const AS_SERVICE = { MALLOC_ARENA_MAX: '2' };

export interface Cpu {
  /** The thread that answers machines. */
  readonly mainSeconds: number;
  readonly allSeconds: number;
}

export interface StartOptions {
  /** Without it imago finds no `git`, and does its own maintenance alone. */
  readonly hasGit: boolean;
  /** A folder for the profile that Node writes when the daemon ends. */
  readonly profileInto?: string | undefined;
}

/** The daemon as it is installed, in a process of its own: the shipped templates, HTTP on loopback, neither DHCP nor TFTP. */
export class ImagoProcess {
  /** From the start of the process to its answer to a machine. */
  readyAfterMs = 0;
  readonly server: { readonly host: string; readonly port: number };
  readonly #log: string;
  #daemon: ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    port: number,
  ) {
    this.server = { host: HOST, port };
    this.#log = join(folder, 'log');
  }

  /**
   * @param fleet a cluster folder to begin with, which is copied.
   * @param more sections of the configuration; listeners beside those that it has.
   */
  static async prepare(
    folder: string,
    fleet: string | undefined,
    more: { readonly listeners?: object } & Readonly<Record<string, object>> = {},
  ): Promise<ImagoProcess> {
    for (const name of ['conf', 'images/bench', 'tftproot', 'clusters', 'var']) {
      mkdirSync(join(folder, name), { recursive: true });
    }
    for (const file of ['vmlinuz', 'initrd.cpio.gz', 'install_image.bin.bz2']) {
      writeFileSync(join(folder, 'images/bench', file), `the ${file} of a bench`);
    }
    const target = join(folder, 'clusters', CLUSTER);
    if (fleet !== undefined) cpSync(fleet, target, { recursive: true, preserveTimestamps: true });
    const process = new ImagoProcess(folder, await freePort());
    const config = configOf(process.server.port);
    const listeners = { ...config.listeners, ...more.listeners };
    writeFileSync(process.#config, JSON.stringify({ ...config, ...more, listeners }, null, 2));
    return process;
  }

  get cluster(): string {
    return join(this.folder, 'clusters', CLUSTER);
  }

  get #config(): string {
    return join(this.folder, 'conf', 'imago.yaml');
  }

  async start({ hasGit, profileInto }: StartOptions): Promise<void> {
    const log = openSync(this.#log, 'a');
    const started = performance.now();
    const profiling =
      profileInto === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(profileInto)}`];
    this.#daemon = spawn(process.execPath, [...profiling, MAIN, '--config', this.#config], {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...AS_SERVICE, ...(!hasGit && { PATH: '/nonexistent' }) },
    });
    closeSync(log);
    const daemon = this.#daemon;
    while (isAlive(daemon)) {
      if (await this.#answers()) {
        this.readyAfterMs = performance.now() - started;
        return;
      }
      await pause(20); // each question takes of the processors that the start needs
    }
    throw new Error(`imago did not start:\n${readFileSync(this.#log, 'utf8').slice(-2000)}`);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    if (!daemon || !isAlive(daemon)) return;
    const exit = once(daemon, 'exit');
    daemon.kill(signal);
    await exit;
  }

  cpu(): Cpu {
    return {
      mainSeconds: cpuOf(`/proc/${this.pid}/task/${this.pid}`),
      allSeconds: cpuOf(`/proc/${this.pid}`),
    };
  }

  /** Resident memory: now, and the most it ever was. */
  memory(): { readonly nowMiB: number; readonly peakMiB: number } {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    const of = (name: string): number =>
      Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
    return { nowMiB: of('VmRSS'), peakMiB: of('VmHWM') };
  }

  /** How late the event loop was since the last call of this, in milliseconds. */
  async loopDelay(): Promise<{ readonly p99: number; readonly max: number }> {
    const text = await this.#metrics();
    const of = (name: string): number =>
      Math.max(
        0,
        Number(new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)$`, 'm').exec(text)?.[1] ?? 0) * 1000 -
          LOOP_RESOLUTION_MS,
      );
    return { p99: of('p99'), max: of('max') };
  }

  /** How many hosts are in a state. */
  async count(state: string): Promise<number> {
    return Number(
      new RegExp(`^imago_hosts{state="${state}"} (\\d+)$`, 'm').exec(await this.#metrics())?.[1] ?? 0,
    );
  }

  /** Whether a `git` of the daemon's own runs. */
  get isTidying(): boolean {
    return readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').trim() !== '';
  }

  get pid(): number {
    const pid = this.#daemon?.pid;
    if (pid === undefined) throw new Error('imago does not run');
    return pid;
  }

  async #metrics(): Promise<string> {
    return (await fetch(`http://${this.server.host}:${this.server.port}/metrics`)).text();
  }

  async #answers(): Promise<boolean> {
    try {
      const answer = await fetch(`http://${this.server.host}:${this.server.port}/boot.ipxe`);
      return answer.ok && (await answer.text()) !== '';
    } catch (error) {
      if (error instanceof TypeError) return false;
      throw error;
    }
  }
}

function isAlive({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

const MAIN = new URL('../../src/main.js', import.meta.url).pathname;

function configOf(port: number) {
  return {
    cluster: CLUSTER,
    network: {
      interface: 'lo',
      serverAddress: HOST,
      subnet: '127.0.0.0/8',
      bootstrapRange: { first: '127.76.0.1', last: '127.79.255.254' },
      hostRange: { first: '127.80.0.1', last: '127.83.255.254' },
      dns: [HOST],
    },
    dhcp: { mode: 'off' },
    newHosts: { perAddressPerHour: 0, perMinute: 0 },
    profiles: [
      { name: 'core', quantity: 3, tags: ['role=core'], osVersion: 'bench' },
      { name: 'default', tags: ['role=worker', 'stack=compute'], osVersion: 'bench' },
    ],
    paths: { templates: resolve('templates'), snippets: resolve('template_snippets') },
    listeners: { http: { port }, admin: { trusted: true }, tftp: { enabled: false } },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** proc(5): the 14th and 15th field; the second may hold blanks. */
function cpuOf(folder: string): number {
  const fields = statFields(folder);
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function statFields(folder: string): readonly string[] {
  const stat = readFileSync(join(folder, 'stat'), 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
