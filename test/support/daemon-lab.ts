import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createNetwork, removeNetwork } from '../../sandbox/network.js';
import { operatorEnvironment } from '../../sandbox/operator-environment.js';
import { run } from '../../sandbox/process.js';

export interface Finished {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real daemon on a provisioning network of its own, and a client's namespace with `eth0` on the same wire. */
export class DaemonLab {
  readonly folder = mkdtempSync(join(tmpdir(), 'imago-daemon-'));
  readonly server: string;
  readonly client: string;
  readonly configFile = join(this.folder, 'conf', 'imago.yaml');
  readonly logFile = join(this.folder, 'log');
  readonly #machines: string[] = [];
  #daemon: ChildProcess | undefined;

  private constructor(name: string) {
    this.server = `imd-${name}-${process.pid}`;
    this.client = `imc-${name}-${process.pid}`;
  }

  /** With the configuration that is shipped, at debug level, and small files as images. */
  static async create(name: string): Promise<DaemonLab> {
    const lab = new DaemonLab(name);
    await createNetwork(lab.server);
    // A bridge takes the lowest address of its ports, another one with each machine that comes, unless it is given one.
    await run('ip', '-n', lab.server, 'link', 'set', 'br0', 'address', '02:00:00:75:00:01');
    await run('ip', 'netns', 'add', lab.client);
    await lab.wire('eth0');
    for (const folder of ['templates', 'template_snippets'])
      cpSync(folder, join(lab.folder, folder), { recursive: true });
    for (const folder of ['conf', 'images/sandbox', 'tftproot'])
      mkdirSync(join(lab.folder, folder), { recursive: true });
    for (const file of ['vmlinuz', 'initrd.cpio.gz', 'install_image.bin.bz2']) {
      writeFileSync(join(lab.folder, 'images/sandbox', file), `the ${file} of a test`);
    }
    for (const file of ['undionly.kpxe', 'ipxe.efi'])
      writeFileSync(join(lab.folder, 'tftproot', file), file.repeat(1000));
    lab.configure((text) => text.replace('level: info', 'level: debug'));
    return lab;
  }

  /** The shipped configuration with operators that nobody asks who they are, changed. */
  configure(change: (text: string) => string): void {
    const shipped = readFileSync(resolve('conf/imago.yaml'), 'utf8');
    writeFileSync(
      this.configFile,
      change(shipped.replace(/^listeners:$/m, '$&\n  admin: { trusted: true }')),
    );
  }

  /** A machine of its own on the provisioning bridge, with `eth0`. @returns its namespace */
  async machine(name: string): Promise<string> {
    const namespace = `${this.client}-${name}`;
    await run('ip', 'netns', 'add', namespace);
    this.#machines.push(namespace);
    await this.wire('eth0', namespace, `p-${name}`);
    return namespace;
  }

  /** A further interface of a machine, the client unless another is named, on the provisioning bridge. */
  async wire(clientSide: string, namespace = this.client, port = `p-${clientSide}`): Promise<void> {
    await run(
      'ip',
      '-n',
      this.server,
      'link',
      'add',
      port,
      'type',
      'veth',
      'peer',
      'name',
      clientSide,
      'netns',
      namespace,
    );
    await run('ip', '-n', this.server, 'link', 'set', port, 'master', 'br0', 'up');
    await run('ip', '-n', namespace, 'link', 'set', clientSide, 'up');
  }

  /**
   * Starts the daemon and waits until it is ready, or has given up.
   * @param codeAt Where it sees its own code, for a user who cannot pass the folders above it.
   */
  async start({ codeAt }: { readonly codeAt?: string } = {}): Promise<void> {
    const log = openSync(this.logFile, 'a');
    const from = this.log().length;
    this.#daemon = spawn('ip', ['netns', 'exec', this.server, ...this.#command(codeAt)], {
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    await this.#logged(from, 'imago is ready');
  }

  /** The mount is seen by nobody else: `ip netns exec` gives a namespace for mounts too. */
  #command(codeAt: string | undefined): readonly string[] {
    if (codeAt === undefined) return [resolve('bin/imago'), '--config', this.configFile];
    const script = 'mount --bind "$1" "$2" && cd "$2" && exec bin/imago --config "$3"';
    return ['sh', '-c', script, 'sh', resolve('.'), codeAt, this.configFile];
  }

  get pid(): number | undefined {
    return this.#daemon?.pid;
  }

  async #logged(from: number, message: string): Promise<void> {
    for (let tries = 0; tries < 600; tries += 1) {
      if (this.log().slice(from).includes(`"msg":"${message}"`)) return;
      if (!this.isRunning) break;
      await delay(50);
    }
    throw new Error(`the daemon did not log '${message}':\n${this.log().slice(from)}`);
  }

  get isRunning(): boolean {
    return this.#daemon !== undefined && this.#daemon.exitCode === null && this.#daemon.signalCode === null;
  }

  /** The exit status. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const daemon = this.#daemon;
    if (!daemon || !this.isRunning) return daemon?.exitCode ?? null;
    const exit = once(daemon, 'exit');
    daemon.kill(signal);
    await exit;
    return daemon.exitCode;
  }

  /** Sends a signal and waits for what the daemon logs in answer. */
  async signalled(signal: NodeJS.Signals, message: string): Promise<void> {
    const from = this.log().length;
    this.#daemon?.kill(signal);
    await this.#logged(from, message);
  }

  log(): string {
    return readFileSync(this.logFile, { encoding: 'utf8', flag: 'a+' });
  }

  /** Through this imagoctl on the server comes to the daemon. */
  get socket(): string {
    return join(this.folder, 'var/admin.sock');
  }

  onServer(command: string, ...words: string[]): Promise<Finished> {
    const environment = operatorEnvironment(process.env, resolve('bin'), this.socket);
    return finish('ip', ['netns', 'exec', this.server, command, ...words], environment);
  }

  onClient(command: string, ...words: string[]): Promise<Finished> {
    return this.on(this.client, command, ...words);
  }

  on(namespace: string, command: string, ...words: string[]): Promise<Finished> {
    return finish('ip', ['netns', 'exec', namespace, command, ...words]);
  }

  git(...words: string[]): Promise<Finished> {
    return finish('git', ['-C', join(this.folder, 'clusters/sandbox'), ...words]);
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    for (const namespace of [...this.#machines, this.client]) await removeNetwork(namespace);
    await removeNetwork(this.server);
    rmSync(this.folder, { recursive: true });
  }
}

/** Runs a program to its end, however that is. */
export function finish(
  program: string,
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Finished> {
  return new Promise((done) => {
    execFile(program, words, { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      done({ status, stdout, stderr });
    });
  });
}
