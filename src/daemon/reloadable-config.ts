import { isDeepStrictEqual } from 'node:util';
import { ImagoError } from '../errors.js';
import type { Config } from '../config/schema.js';

/** Settings that sockets, folders and the store are opened with; the rest is looked at whenever it is needed. */
const fixedAtStart: readonly { readonly name: string; readonly of: (config: Config) => unknown }[] = [
  { name: 'cluster', of: ({ cluster }) => cluster },
  { name: 'network.interface', of: ({ network }) => network.interface },
  { name: 'network.serverAddress', of: ({ network }) => network.serverAddress },
  { name: 'network.allowOtherNetworks', of: ({ network }) => network.allowOtherNetworks },
  { name: 'dhcp.mode', of: ({ dhcp }) => dhcp.mode },
  { name: 'dhcp.routerAdvertisement', of: ({ dhcp }) => dhcp.routerAdvertisement },
  { name: 'paths', of: ({ paths }) => ({ ...paths, static: [] }) },
  {
    name: 'listeners',
    of: ({ listeners }) => ({ ...listeners, admin: { ...listeners.admin, names: [] } }),
  },
  {
    name: 'operators.certificates.ca and crl',
    of: ({ operators: { certificates } }) => [certificates?.ca, certificates?.crl],
  },
  { name: 'dns.enabled', of: ({ dns }) => dns.enabled },
  { name: 'dns.port', of: ({ dns }) => dns.port },
  { name: 'bootcfg', of: ({ bootcfg }) => bootcfg },
  { name: 'matchbox', of: ({ matchbox }) => matchbox },
  { name: 'pixiecore.api', of: ({ pixiecore }) => pixiecore.api === undefined },
  { name: 'pxeInit', of: ({ pxeInit }) => pxeInit },
  { name: 'process', of: (config) => config.process },
  { name: 'logging', of: ({ logging }) => logging },
];

export class NeedsRestart extends ImagoError {
  readonly code = 'NEEDS_RESTART';

  constructor(settings: readonly string[]) {
    super(
      `${settings.join(', ')} ${settings.length === 1 ? 'holds' : 'hold'} from the start on: restart imago to change ${settings.length === 1 ? 'it' : 'them'}; nothing was reloaded`,
      { settings },
    );
  }
}

/** The configuration in force. A new one takes its place as a whole or not at all. */
export class ReloadableConfig {
  readonly #followers: ((config: Config) => void)[] = [];
  #current: Config;

  /** @param read The configuration as it stands in its file now, checked. */
  constructor(
    initial: Config,
    private readonly read: () => Config,
  ) {
    this.#current = initial;
  }

  get current(): Config {
    return this.#current;
  }

  /** Called with each new configuration. */
  follow(follower: (config: Config) => void): void {
    this.#followers.push(follower);
  }

  /** @throws ConfigUnreadable, ConfigInvalid, NeedsRestart; the old one then stays in force. */
  reload(): void {
    const next = this.read();
    const fixed = fixedAtStart.filter(({ of }) => !isDeepStrictEqual(of(next), of(this.#current)));
    if (fixed.length > 0) throw new NeedsRestart(fixed.map(({ name }) => name));
    this.#current = next;
    for (const follower of this.#followers) follower(next);
  }
}
