import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** OpenSSH's own server in a network namespace, with keys and a configuration of its own, on 127.0.0.1. */
export class SshServer {
  readonly port = 2222;
  readonly clientKey: string;
  readonly knownHosts: string;
  #server: ChildProcess | undefined;

  constructor(
    private readonly folder: string,
    private readonly namespace: string,
  ) {
    mkdirSync(folder, { recursive: true });
    mkdirSync('/run/sshd', { recursive: true });
    this.clientKey = join(folder, 'client key');
    this.knownHosts = join(folder, 'known_hosts');
    for (const key of [this.clientKey, join(folder, 'host')])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const publicKey = (name: string) => execFileSync('ssh-keygen', ['-y', '-f', name], { encoding: 'utf8' });
    writeFileSync(join(folder, 'authorized'), publicKey(this.clientKey));
    writeFileSync(this.knownHosts, `[127.0.0.1]:${this.port} ${publicKey(join(folder, 'host'))}`);
    writeFileSync(
      join(folder, 'config'),
      [
        `Port ${this.port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${join(folder, 'host')}`,
        `AuthorizedKeysFile ${join(folder, 'authorized')}`,
        'PidFile none',
        'StrictModes no',
        'UsePAM no',
        'PasswordAuthentication no',
        'PermitRootLogin prohibit-password',
        // What the user's shell does at its start is not what is tried here, and may hang.
        `SetEnv HOME=${folder}`,
      ].join('\n'),
    );
  }

  url(path: string): string {
    return `ssh://${userInfo().username}@127.0.0.1:${this.port}${path}`;
  }

  async start(): Promise<void> {
    const words = [
      'netns',
      'exec',
      this.namespace,
      '/usr/sbin/sshd',
      '-D',
      '-e',
      '-f',
      join(this.folder, 'config'),
    ];
    const server = spawn('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#server = server;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      server.stderr.on('data', (chunk: Buffer) => {
        said += String(chunk);
        if (said.includes('Server listening')) resolve();
      });
      server.once('exit', () => reject(new Error(`sshd did not start: ${said}`)));
    });
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const exit = once(server, 'exit');
    server.kill('SIGTERM');
    await exit;
  }
}
