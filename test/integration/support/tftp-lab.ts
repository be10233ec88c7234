import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

export const SERVER_ADDRESS = '10.83.0.1';
const CLIENT_ADDRESS = '10.83.0.2';

/** Where clients run. */
export interface ClientMachine {
  /** Runs a client in its namespace and in the folder for what is fetched. */
  run(program: string, words: readonly string[], input?: string): Promise<string>;
}

/** Two network namespaces with a cable between them, a folder of boot files, and a folder for what clients fetch. */
export class TftpLab implements ClientMachine {
  readonly #more: string[] = [];
  readonly #hashes = new Map<string, string>();
  readonly #servers: ChildProcess[] = [];

  private constructor(
    readonly name: string,
    readonly folder: string,
    readonly fetched: string,
  ) {}

  static async open(name: string): Promise<TftpLab> {
    const folder = await mkdtemp(join(tmpdir(), 'imago-tftp-root-'));
    await chmod(folder, 0o755);
    const lab = new TftpLab(
      `imago-${name}-${process.pid}`,
      folder,
      await mkdtemp(join(tmpdir(), 'imago-tftp-got-')),
    );
    const { server, client } = lab;
    await ip('netns', 'add', server);
    await ip('netns', 'add', client);
    await ip('-n', server, 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', client);
    for (const [namespace, address] of [
      [server, SERVER_ADDRESS],
      [client, CLIENT_ADDRESS],
    ] as const) {
      await ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', 'cable');
      await ip('-n', namespace, 'link', 'set', 'cable', 'up');
      await ip('-n', namespace, 'link', 'set', 'lo', 'up');
    }
    return lab;
  }

  get server(): string {
    return `${this.name}-s`;
  }

  get client(): string {
    return `${this.name}-c`;
  }

  async close(): Promise<void> {
    await this.stopServers();
    await ip('netns', 'del', this.server);
    for (const client of [this.client, ...this.#more]) await ip('netns', 'del', client);
    await rm(this.folder, { recursive: true });
    await rm(this.fetched, { recursive: true });
  }

  /** A boot file of random content. */
  async file(name: string, size: number): Promise<void> {
    const content = randomBytes(size);
    await writeFile(join(this.folder, name), content, { mode: 0o644 });
    this.#hashes.set(name, sha256(content));
  }

  /**
   * @param ports `own` or `single`.
   * @returns the id of its process.
   */
  async serve(transport: string, ports: string, address = SERVER_ADDRESS, port = 69): Promise<number> {
    const words = [address, String(port), this.folder, transport, ports];
    return (await this.#start('tftp-serve.js', words)).pid ?? 0;
  }

  /** A server behind a relay that loses packets; `told` is what the relay says in the end. */
  async serveWithLoss(transport: string, percent: number): Promise<{ told: () => string }> {
    await this.serve(transport, 'own', '127.0.0.1', 6969);
    const relay = await this.#start('tftp-lossy-relay.js', [SERVER_ADDRESS, '69', '6969', String(percent)]);
    let told = '';
    relay.stdout?.on('data', (text: Buffer) => {
      told += text.toString();
    });
    return { told: () => told };
  }

  async #start(script: string, words: readonly string[]): Promise<ChildProcess> {
    const path = new URL(script, import.meta.url).pathname;
    const command = ['netns', 'exec', this.server, process.execPath, path, ...words];
    const started = spawn('ip', command, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#servers.push(started);
    await once(started.stdout, 'data');
    return started;
  }

  /** Octets of the longest packet on the cable. */
  async setLongestPacket(bytes: number): Promise<void> {
    await ip('-n', this.server, 'link', 'set', 'cable', 'mtu', String(bytes));
    await ip('-n', this.client, 'link', 'set', 'cable', 'mtu', String(bytes));
  }

  /**
   * One more machine, behind a router whose way to it is too narrow for Ethernet's packets and which tells nobody: what may not be
   * cut there is lost.
   */
  async machineBehindNarrowRouter(bytes: number): Promise<ClientMachine> {
    const [router, machine] = [`${this.client}-r`, `${this.client}-n`];
    for (const namespace of [router, machine]) {
      await ip('netns', 'add', namespace);
      this.#more.push(namespace);
    }
    await ip('-n', this.server, 'link', 'add', 'uplink', 'type', 'veth', 'peer', 'wide', 'netns', router);
    await ip('-n', router, 'link', 'add', 'narrow', 'type', 'veth', 'peer', 'cable', 'netns', machine);
    for (const [namespace, address, device] of [
      [this.server, '10.83.2.1/24', 'uplink'],
      [router, '10.83.2.2/24', 'wide'],
      [router, '10.83.3.1/24', 'narrow'],
      [machine, '10.83.3.2/24', 'cable'],
    ] as const) {
      await ip('-n', namespace, 'addr', 'add', address, 'dev', device);
      await ip('-n', namespace, 'link', 'set', device, 'up');
    }
    await ip('-n', router, 'link', 'set', 'narrow', 'mtu', String(bytes));
    await ip('-n', machine, 'link', 'set', 'cable', 'mtu', String(bytes));
    await ip('-n', this.server, 'route', 'add', '10.83.3.0/24', 'via', '10.83.2.2');
    await ip('-n', machine, 'route', 'add', 'default', 'via', '10.83.3.1');
    await ip('netns', 'exec', router, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
    await ip('-n', router, 'route', 'add', '10.83.0.0/24', 'via', '10.83.2.1');
    await ip('-n', router, 'rule', 'add', 'iif', 'lo', 'to', '10.83.2.1', 'blackhole');
    await ip('-n', router, 'rule', 'add', 'iif', 'lo', 'to', SERVER_ADDRESS, 'blackhole');
    return { run: (program, words, input = '') => this.#runIn(machine, program, words, input) };
  }

  async stopServers(): Promise<void> {
    for (const server of this.#servers.splice(0)) {
      const gone = once(server, 'close');
      server.kill('SIGTERM');
      await gone;
    }
  }

  run(program: string, words: readonly string[], input = ''): Promise<string> {
    return this.#runIn(this.client, program, words, input);
  }

  /**
   * One more machine beside the first. Programs on one machine may get the same UDP port at the same time: busybox sets
   * SO_REUSEADDR, and then the answers to one reach the other.
   */
  async machine(): Promise<ClientMachine> {
    const number = this.#more.length + 1;
    const namespace = `${this.client}${number}`;
    const [own, lane] = [`10.83.1.${number}`, `lane${number}`];
    await ip('netns', 'add', namespace);
    this.#more.push(namespace);
    await ip('-n', this.server, 'link', 'add', lane, 'type', 'veth', 'peer', 'cable', 'netns', namespace);
    await ip('-n', this.server, 'addr', 'add', SERVER_ADDRESS, 'peer', own, 'dev', lane);
    await ip('-n', namespace, 'addr', 'add', own, 'peer', SERVER_ADDRESS, 'dev', 'cable');
    await ip('-n', this.server, 'link', 'set', lane, 'up');
    await ip('-n', namespace, 'link', 'set', 'cable', 'up');
    return { run: (program, words, input = '') => this.#runIn(namespace, program, words, input) };
  }

  async #runIn(namespace: string, program: string, words: readonly string[], input: string): Promise<string> {
    const { stdout } = await execa('ip', ['netns', 'exec', namespace, program, ...words], {
      cwd: this.fetched,
      input,
      timeout: 60_000,
    });
    return stdout;
  }

  /** Whether the client has what the server has. */
  async arrived(name: string, as: string): Promise<boolean> {
    return sha256(await this.got(as)) === this.#hashes.get(name);
  }

  got(as: string): Promise<Buffer> {
    return readFile(join(this.fetched, as));
  }
}

async function ip(...words: string[]): Promise<void> {
  await execa('ip', words);
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
