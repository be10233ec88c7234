import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secretsSection } from '../../../src/config/secrets-section.js';
import { newHost, type Host } from '../../../src/host/host.js';
import type { HostState } from '../../../src/host/lifecycle.js';
import { parseSerial } from '../../../src/host/serial.js';
import { UnfitValue } from '../../../src/errors.js';
import type { SecretDocument } from '../../../src/secrets/delivery.js';
import { MachineSecrets, type RenderWith, type SecretAsker } from '../../../src/secrets/machine-secrets.js';
import type { SecretNews, SecretOutcome } from '../../../src/secrets/secret-news.js';
import { TemplateFault } from '../../../src/template/template-fault.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';

/** Secrets of a test, in a folder of its own, with a clock that is set by hand. */
export class SecretHouse {
  readonly folder = mkdtempSync(join(tmpdir(), 'imago-secrets-'));
  readonly store = new InMemoryHostStore();
  readonly outcomes: SecretOutcome[] = [];
  readonly news: SecretNews[] = [];
  readonly logged: string[] = [];
  /** The store in memory records all at the beginning of this year. */
  now = Date.UTC(2026, 0, 1);
  #named: Record<string, object> = {};
  #settings: Record<string, unknown> = {};
  secrets = this.#open();

  get state(): string {
    return join(this.folder, 'state');
  }

  /** A file for its owner only. */
  file(name: string, content: string | Uint8Array, mode = 0o600): string {
    const path = join(this.folder, name);
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(path, content, { mode });
    chmodSync(path, mode);
    return path;
  }

  /** A shell script that anybody may run. */
  program(name: string, script: string): string {
    return this.file(name, `#!/bin/sh\n${script}\n`, 0o755);
  }

  configure(named: Record<string, object>, settings: Record<string, unknown> = {}): void {
    this.#named = named;
    this.#settings = settings;
  }

  config() {
    return secretsSection.parse({ ...this.#settings, named: this.#named });
  }

  /** A host in that state, as it came to it now. */
  async host(serial: string, state: HostState = 'configured', facts: Partial<Host> = {}): Promise<Host> {
    const host = newHost(parseSerial(serial), { profile: 'default', ...facts, state });
    await this.store.change({ name: 'test', kind: 'operator' }, () => [{ host, what: 'updated' }]);
    return host;
  }

  /** As after a restart: nothing is left of what was in memory. */
  async restart(): Promise<void> {
    await this.secrets.close();
    this.secrets = this.#open();
  }

  /** What a machine gets, or is refused with. */
  async ask(
    host: Host,
    {
      document = 'ignition',
      isByToken = true,
      isProven = true,
      recipient,
      render = rendering('root-hash'),
      ...named
    }: {
      document?: SecretDocument;
      boot?: string | undefined;
      isByToken?: boolean;
      isProven?: boolean;
      recipient?: string;
      render?: RenderWith;
    } = {},
  ): Promise<string | Buffer> {
    // Undefined is of boots that are not told apart; a default would take its place.
    const boot = 'boot' in named ? named.boot : 'boot 1';
    const asker: SecretAsker = { proof: { isProven, boot, isByToken }, recipient };
    return this.secrets.inTurn(host.serial, document, async () => {
      const { names } = await this.secrets.draft(host, render);
      return this.secrets.deliver(await this.secrets.prepare(host, document, names, asker, render));
    });
  }

  async close(): Promise<void> {
    await this.secrets.close();
    rmSync(this.folder, { recursive: true });
  }

  #open(): MachineSecrets {
    const log = (facts: object, text: string) => void this.logged.push(`${JSON.stringify(facts)} ${text}`);
    const secrets = new MachineSecrets({
      config: () => this.config(),
      folder: this.state,
      environment: {
        PATH: process.env['PATH'],
        CREDENTIALS_DIRECTORY: join(this.folder, 'credentials'),
        HIDDEN: 'hidden',
      },
      store: this.store,
      reach: () => undefined,
      count: (outcome) => void this.outcomes.push(outcome),
      clock: () => new Date(this.now),
      log: { info: log, warn: log },
    });
    secrets.subscribe((each) => void this.news.push(each));
    return secrets;
  }
}

/** A template that writes these secrets, one a line; as the real ones do, it gives a fault its place. */
export function rendering(...names: readonly string[]): RenderWith {
  return (host, secret) => {
    try {
      return Promise.resolve([host.serial, ...names.map(secret)].join('\n'));
    } catch (error) {
      if (!(error instanceof UnfitValue)) return Promise.reject(error);
      return Promise.reject(
        new TemplateFault({ template: 'ignition.yaml', line: 3 }, error.message, { cause: error }),
      );
    }
  };
}
