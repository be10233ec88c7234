import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newHost, type Host } from '../../src/host/host.js';
import type { RecordKind } from '../../src/host/record-kind.js';
import type { Serial } from '../../src/host/serial.js';
import { hostPath } from '../../src/store/layout.js';
import { openHostStore, type OpenStore } from '../../src/store/open-host-store.js';

/** What a store said, for tests that look at it. */
export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly facts: object;
  readonly message: string;
}

/** A cluster folder of its own, with the store open or not, and `git` beside it as an operator has it. */
export class ClusterFolder {
  readonly log: LogLine[] = [];
  now = new Date('2026-11-21T10:00:00Z');
  #store: OpenStore | undefined;

  /** @param kinds what the store keeps beside hosts. */
  constructor(
    readonly directory: string = mkdtempSync(join(tmpdir(), 'imago-store-')),
    private readonly kinds: readonly RecordKind[] = [],
  ) {}

  get store(): OpenStore {
    if (!this.#store) throw new Error('the store is not open');
    return this.#store;
  }

  async open(): Promise<OpenStore> {
    await this.close();
    const note =
      (level: LogLine['level']) =>
      (facts: object, message: string): void => {
        this.log.push({ level, facts, message });
      };
    this.#store = await openHostStore({
      directory: this.directory,
      clock: () => this.now,
      logger: { info: note('info'), warn: note('warn'), error: note('error') },
      defaults: { defaultEtcdClusterToken: 'token' },
      kinds: this.kinds,
    });
    return this.#store;
  }

  async close(): Promise<void> {
    await this.#store?.close();
    this.#store = undefined;
  }

  async remove(): Promise<void> {
    await this.close();
    rmSync(this.directory, { recursive: true });
  }

  /** A change by the machine itself; a new host when it is not there yet. */
  async put(serial: string, what: string, facts: Partial<Host> = {}): Promise<void> {
    const name = serial as Serial;
    await this.store.change({ name, kind: 'machine' }, (fleet) => [
      { host: { ...(fleet.host(name) ?? newHost(name)), ...facts }, what },
    ]);
  }

  host(serial: string): Host | undefined {
    return this.store.host(serial as Serial);
  }

  git(...words: string[]): string {
    return execFileSync('git', ['-c', 'user.name=Anna', '-c', 'user.email=anna@example.org', ...words], {
      cwd: this.directory,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** `<author> <subject>` of each commit, newest first. */
  subjects(): readonly string[] {
    return this.git('log', '--format=%an %s').trim().split('\n');
  }

  path(serial: string): string {
    return join(this.directory, hostPath(serial as Serial));
  }

  read(serial: string): string {
    return readFileSync(this.path(serial), 'utf8');
  }

  /** Edits a host's file as an operator's editor does. */
  edit(serial: string, from: string, to: string): void {
    writeFileSync(this.path(serial), this.read(serial).replace(from, to));
  }
}

/** Files of a host that are to bring down whoever reads them. */
export const hostileFiles: readonly { name: string; content: () => string; says: string }[] = [
  {
    name: 'a list nested 100,000 deep',
    content: () =>
      `{"Serial": "ser1", "State": "unknown", "ConnectedNIC": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    says: "ConnectedNIC: '[…]' is not a text",
  },
  {
    name: 'more than any host has',
    content: () =>
      `{"Serial": "ser1", "State": "unknown", "ConnectedNIC": "${'x'.repeat(40 * 1024 * 1024)}"}`,
    says: "'1048576 bytes' is what a host's file may have, and this has more",
  },
];

/** Waits until it is so; fails, with the last fault, after ten seconds. */
export async function eventually(check: () => void): Promise<void> {
  const end = performance.now() + 10_000;
  for (;;) {
    try {
      check();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}

/** Waits until it is so; fails after 20 seconds. */
export async function untilTrue(check: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`it was not so within 20 s: ${check.toString()}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
}
