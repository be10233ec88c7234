import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A cluster's folder as Mayu makes it: each change is a file, `git add` and `git commit`. */
export class MayuFolder {
  constructor(
    readonly directory: string,
    private readonly usesGit = true,
  ) {
    mkdirSync(directory, { recursive: true });
    if (usesGit) this.git('init', '-q', '-b', 'master');
  }

  git(...words: string[]): string {
    return gitIn(this.directory, ...words);
  }

  write(file: string, content: object | string): void {
    const path = join(this.directory, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  }

  commit(file: string, content: object | string, message: string): void {
    this.write(file, content);
    if (!this.usesGit) return;
    this.git('add', file);
    this.git('commit', '-q', '-m', message);
  }

  /** `cluster.json`, which has an etcd token from the first start on. */
  cluster(token = ''): this {
    const json = { GitStore: this.usesGit, Config: { DefaultEtcdClusterToken: token } };
    this.commit('cluster.json', json, 'cluster.json: initial commit');
    return this;
  }

  host(serial: string, facts: object = {}): this {
    const file = `${serial}/conf.json`;
    this.commit(file, mayuHost(serial, { State: 'unknown' }), `${serial}: host created`);
    this.commit(file, mayuHost(serial, facts), `${serial}: updated state to running`);
    return this;
  }
}

export function mayuHost(serial: string, facts: object = {}): object {
  return {
    Id: 1,
    Enabled: true,
    Serial: serial,
    ConnectedNIC: '',
    LastBoot: '0001-01-01T00:00:00Z',
    State: 'running',
    ...facts,
  };
}

export function gitIn(directory: string, ...words: string[]): string {
  return execFileSync('git', ['-c', 'user.name=Mayu', '-c', 'user.email=mayu@example.org', ...words], {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
