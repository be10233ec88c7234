import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { DhcpSettings } from '../../src/dhcp/policy/settings.js';
import type { DaemonArguments } from './dhcp-daemon.js';

const run = promisify(execFile);
const DAEMON = fileURLToPath(new URL('dhcp-daemon.js', import.meta.url));

/** A client's script that does to its interface what it was told, and keeps what it was told. */
const CLIENT_SCRIPT = `#!/bin/sh
env > "$(dirname "$0")/$(basename "$0").\${1:-$reason}"
address=\${ip:-$new_ip_address}
case "\${1:-$reason}" in
  bound|renew|BOUND|RENEW|REBIND|REBOOT) ip addr replace "$address/24" dev "$interface" ;;
  deconfig|RELEASE|EXPIRE|PREINIT) ip -4 addr flush dev "$interface" to 10.75.0.0/16 ; ip link set "$interface" up ;;
esac
`;

export interface DaemonEvent {
  readonly event: string;
  readonly [fact: string]: unknown;
}

export interface DaemonOptions {
  /** Every event, not only warnings; unless told otherwise. */
  readonly verbose?: boolean;
  /** A folder of boot loaders to serve by TFTP and HTTP. */
  readonly loaders?: string;
  readonly journalPath?: string;
}

/** A running daemon and what it said so far. */
export interface Daemon {
  readonly process: ChildProcess;
  readonly events: readonly DaemonEvent[];
  /** The first event, past or to come, that fits. */
  seen(fits: (event: DaemonEvent) => boolean): Promise<DaemonEvent>;
}

/** Two network namespaces joined by a wire: `prov0` with 10.75.0.1/24 on the server's side, `eth0` on the client's. */
export class DhcpLab {
  readonly folder = mkdtempSync(join(tmpdir(), 'imago-dhcp-lab-'));
  readonly server: string;
  readonly client: string;
  readonly #children: ChildProcess[] = [];

  constructor(name: string, prefixLength = 24) {
    const unique = `${name}-${process.pid}`;
    this.server = `srv-${unique}`;
    this.client = `cli-${unique}`;
    for (const namespace of [this.server, this.client]) {
      ip('netns', 'add', namespace);
      ip('-n', namespace, 'link', 'set', 'lo', 'up');
    }
    this.wire('prov0', 'eth0', `10.75.0.1/${prefixLength}`);
    writeFileSync(this.file('client-script'), CLIENT_SCRIPT, { mode: 0o755 });
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  read(name: string): string {
    return readFileSync(this.file(name), 'utf8');
  }

  /** A further pair of interfaces between the two namespaces. */
  wire(serverSide: string, clientSide: string, serverAddress: string): void {
    ip(
      '-n',
      this.server,
      'link',
      'add',
      serverSide,
      'type',
      'veth',
      'peer',
      'name',
      clientSide,
      'netns',
      this.client,
    );
    ip('-n', this.server, 'addr', 'add', serverAddress, 'dev', serverSide);
    ip('-n', this.server, 'link', 'set', serverSide, 'up');
    ip('-n', this.client, 'link', 'set', clientSide, 'up');
  }

  async daemon(settings: DhcpSettings, options: DaemonOptions = {}): Promise<Daemon> {
    const daemonArguments: DaemonArguments = {
      settings,
      verbose: options.verbose ?? true,
      loaders: options.loaders,
      server: {
        interfaceName: 'prov0',
        serverAddress: settings.serverAddress,
        allowOtherNetworks: false,
        journalPath: options.journalPath ?? this.file('leases.jsonl'),
      },
    };
    const child = spawn(
      'ip',
      ['netns', 'exec', this.server, process.execPath, DAEMON, JSON.stringify(daemonArguments)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    this.#children.push(child);
    const daemon = follow(child);
    await daemon.seen(({ event }) => event === 'ready' || event === 'refused');
    return daemon;
  }

  /** Runs a command on the client's side; its failure is in the result. */
  async onClient(command: string, ...args: string[]): Promise<{ code: number; output: string }> {
    return runIn(this.client, command, args);
  }

  onServer(command: string, ...args: string[]): Promise<{ code: number; output: string }> {
    return runIn(this.server, command, args);
  }

  /** Starts a command in a namespace that `remove` will end. */
  start(namespace: string, command: string, ...args: string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', namespace, command, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.push(child);
    return child;
  }

  async remove(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    }
    for (const namespace of [this.server, this.client]) ip('netns', 'del', namespace);
    rmSync(this.folder, { recursive: true });
  }
}

function follow(child: ChildProcess): Daemon {
  const events: DaemonEvent[] = [];
  const listeners = new Set<(event: DaemonEvent) => void>();
  if (child.stdout === null) throw new Error('the daemon has no output');
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event: DaemonEvent = JSON.parse(line);
    events.push(event);
    for (const listener of listeners) listener(event);
  });
  return {
    process: child,
    events,
    seen: (fits) =>
      new Promise((resolve) => {
        const earlier = events.find(fits);
        if (earlier !== undefined) resolve(earlier);
        const listener = (event: DaemonEvent): void => {
          if (!fits(event)) return;
          listeners.delete(listener);
          resolve(event);
        };
        listeners.add(listener);
      }),
  };
}

async function runIn(namespace: string, command: string, args: readonly string[]) {
  try {
    const { stdout, stderr } = await run('ip', ['netns', 'exec', namespace, command, ...args]);
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'number') throw error;
    const { stdout, stderr } = error as Error & { stdout?: string; stderr?: string };
    return { code: error.code, output: `${stdout ?? ''}${stderr ?? ''}` };
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args);
}
