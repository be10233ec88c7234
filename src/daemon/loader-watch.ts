import type { Config } from '../config/schema.js';
import { formatIpv4, type Ipv4 } from '../net/ipv4.js';
import { LimitedLog } from '../net/limited-log.js';
import type { MacAddress } from '../net/mac-address.js';
import type { Alarm } from '../provision/alarms.js';
import {
  hasLoader,
  loaderWarnings,
  missingText,
  namedLoaders,
  plainName,
  type NamedLoader,
} from './boot-loaders.js';

export interface LoaderWatchParts {
  readonly config: () => Config;
  readonly macOf: (address: Ipv4) => MacAddress | undefined;
  readonly log: Readonly<Record<'info' | 'warn', (facts: object, message: string) => void>>;
  readonly clock: () => Date;
}

/** Tells of boot loaders that DHCP names and nobody has: of all when the configuration is read, of one when it is asked for. */
export class LoaderWatch {
  readonly #limited: LimitedLog<'warn'>;
  #named: readonly NamedLoader[] = [];
  /** Those that are missing, by file, and since when that is known. */
  #missing = new Map<string, Date>();

  constructor(private readonly parts: LoaderWatchParts) {
    this.#limited = new LimitedLog<'warn'>(parts.log, () => parts.clock().getTime());
    this.follow();
  }

  /** Takes up the configuration as it stands now. */
  follow(): void {
    const config = this.parts.config();
    this.#named = namedLoaders(config);
    const before = this.#missing;
    this.#missing = new Map();
    const { configured, builtIn } = loaderWarnings(config);
    for (const { text, file } of configured) {
      this.#missing.set(file, before.get(file) ?? this.parts.clock());
      this.parts.log.warn({ file }, text);
    }
    if (builtIn !== undefined) this.parts.log.info({}, builtIn);
  }

  /** A file that is not there was asked for. Only what DHCP tells machines to boot counts: clients look for much more. */
  asked(filename: string, client: Ipv4 | undefined): void {
    const file = plainName(filename);
    const loader = this.#named.find((each) => plainName(each.file) === file);
    if (loader === undefined) return;
    const mac = client === undefined ? undefined : this.parts.macOf(client);
    this.#limited.write(
      'warn',
      file,
      { client: client === undefined ? undefined : formatIpv4(client), mac, file },
      `a machine cannot boot: ${missingText(loader)}`,
    );
    if (!this.#missing.has(loader.file)) this.#missing.set(loader.file, this.parts.clock());
  }

  /** Those that are named in the configuration, or were asked for, and still are not there. */
  alarms(): readonly Alarm[] {
    const { tftpRoot } = this.parts.config().paths;
    for (const file of this.#missing.keys()) if (hasLoader(tftpRoot, file)) this.#missing.delete(file);
    return Array.from(this.#missing, ([file, since]) => {
      const loader = this.#named.find((each) => each.file === file);
      const message = loader === undefined ? file : missingText(loader);
      return { code: 'LOADER_MISSING', message, since };
    });
  }
}
