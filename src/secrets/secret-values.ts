import PQueue from 'p-queue';
import type { NamedSecret, SecretsConfig } from '../config/secrets-section.js';
import { identityOf, statsAt } from '../files/file-identity.js';
import type { Host } from '../host/host.js';
import { hostnameOf } from '../host/hostname.js';
import { formatIpv4 } from '../net/ipv4.js';
import { fingerprintOf } from './keyed-hash.js';
import { readSource, type Environment } from './read-source.js';
import { runProgram } from './run-program.js';
import { secretText } from './secret-text.js';

interface Decrypted {
  /** Of its files, as they were. */
  readonly of: string;
  readonly value: Promise<Buffer>;
}

interface Minted {
  readonly boot: string;
  readonly value: Promise<Buffer>;
}

/** Values that programs minted and that are kept for the boot they are for. The one that was made longest ago goes. */
const MOST_MINTED = 4096;

/** The values of secrets, read when they are wanted: a file that is replaced holds at once. */
export class SecretValues {
  readonly #decrypted = new Map<string, Decrypted>();
  /** By secret and serial; made longest ago first. */
  readonly #minted = new Map<string, Minted>();
  readonly #queue = new PQueue();

  constructor(
    private readonly config: () => Pick<SecretsConfig, 'programsAtOnce'>,
    private readonly environment: Environment,
  ) {}

  /** As a template gets it. @param boot names the boot: it gets the same each time. @throws SecretUnusable */
  async text(name: string, secret: NamedSecret, host: Host, boot: string): Promise<string> {
    return secretText(name, secret, await this.#bytes(name, secret, host, boot));
  }

  /** Undefined where each machine has a value of its own. @throws SecretUnusable */
  async fingerprint(name: string, secret: NamedSecret, key: Uint8Array): Promise<string | undefined> {
    if (secret.program !== undefined) return undefined;
    const value = await this.#common(name, secret);
    secretText(name, secret, value); // what no template could take has none
    return fingerprintOf(key, name, value);
  }

  #bytes(name: string, secret: NamedSecret, host: Host, boot: string): Promise<Buffer> {
    return secret.program === undefined
      ? this.#common(name, secret)
      : this.#mint(name, secret, secret.program, host, boot);
  }

  async #common(name: string, secret: NamedSecret): Promise<Buffer> {
    const { age, sops } = secret;
    const files = age
      ? [age.file, age.identity]
      : sops
        ? [sops.file, ...(sops.identity ? [sops.identity] : [])]
        : [];
    if (files.length === 0) return readSource(name, secret, this.environment);
    const stats = await Promise.all(files.map(statsAt));
    const of = JSON.stringify([secret.age, secret.sops, ...stats.map((each) => each && identityOf(each))]);
    const known = this.#decrypted.get(name);
    if (known?.of === of) return known.value;
    const value = this.#queued(() => readSource(name, secret, this.environment));
    this.#decrypted.set(name, { of, value });
    // What could not be had is tried again by the next who asks.
    value.catch(() => this.#decrypted.delete(name));
    return value;
  }

  #mint(
    name: string,
    secret: NamedSecret,
    program: readonly string[],
    host: Host,
    boot: string,
  ): Promise<Buffer> {
    const key = `${name} ${host.serial}`;
    const known = this.#minted.get(key);
    if (known?.boot === boot) return known.value;
    const value = this.#queued(() =>
      runProgram({
        name,
        command: program,
        environment: environmentOf(name, host, this.environment),
        timeoutSeconds: secret.timeoutSeconds,
        showsComplaints: false,
      }),
    );
    this.#minted.delete(key);
    this.#minted.set(key, { boot, value });
    value.catch(() => this.#minted.delete(key));
    const [oldest] = this.#minted.keys();
    if (this.#minted.size > MOST_MINTED && oldest !== undefined) this.#minted.delete(oldest);
    return value;
  }

  #queued<T>(act: () => Promise<T>): Promise<T> {
    this.#queue.concurrency = this.config().programsAtOnce;
    return this.#queue.add(act);
  }
}

function environmentOf(name: string, host: Host, environment: Environment): Record<string, string> {
  const { serial, profile, internalAddress } = host;
  return {
    PATH: environment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    IMAGO_SECRET: name,
    IMAGO_SERIAL: serial,
    IMAGO_PROFILE: profile ?? '',
    IMAGO_HOSTNAME: hostnameOf(host),
    IMAGO_ADDRESS: internalAddress === undefined ? '' : formatIpv4(internalAddress),
  };
}
