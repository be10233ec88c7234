import type { Config } from '../config/schema.js';
import type { FleetView } from '../host/host-store.js';
import { requireUnlocked } from '../host/lock.js';
import type { Serial } from '../host/serial.js';
import type { ReachLimit } from '../limits.js';
import { formatIpv4 } from '../net/ipv4.js';
import { outerAddressesOfThisComputer } from '../net/own-addresses.js';
import { BmcQueue } from '../power/bmc-queue.js';
import type { BmcTarget } from '../power/bmc-target.js';
import { openBmc, type BmcAccess } from '../power/open-bmc.js';
import type { PowerPort } from '../power/power-port.js';
import { readSecret } from '../power/secret-source.js';
import { bmcOfHost } from './bmc-of-host.js';
import type { SeenPlatforms } from './seen-platforms.js';
import { UnknownHost } from './errors.js';

export interface HostPowerParts {
  readonly fleet: Pick<FleetView, 'host'>;
  readonly platforms: Pick<SeenPlatforms, 'of'>;
  /** As it stands now. */
  readonly config: () => Pick<Config, 'power' | 'network' | 'dhcp'>;
  readonly reach: ReachLimit;
  /** Of the daemon at its start: where passwords may stand. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** In place of the real drivers. */
  readonly open?: (target: BmcTarget, access: BmcAccess) => PowerPort;
}

/** The machines' power, by their serials. */
export class HostPower {
  readonly #queue: BmcQueue;

  constructor(private readonly parts: HostPowerParts) {
    this.#queue = new BmcQueue(parts.config().power.atOnce);
  }

  /** The port of a locked machine tells all it knows, and takes no command: HostLocked. @throws UnknownHost, BmcUnknown, BmcAddressForbidden, InvalidValue */
  of(serial: Serial): PowerPort {
    const { fleet, platforms, config, reach, environment, open = openBmc } = this.parts;
    const host = fleet.host(serial);
    if (!host) throw new UnknownHost(serial);
    const { power, network, dhcp } = config();
    const networks = {
      own: [formatIpv4(network.serverAddress), ...outerAddressesOfThisComputer()],
      provisioned: [network, ...network.extraNics, ...dhcp.subnets].map(({ subnet }) => subnet),
    };
    const seen = { ...host, platform: platforms.of(host) };
    const target = bmcOfHost(seen, power, networks, (source) => readSecret(source, environment));
    this.#queue.atOnce = power.atOnce;
    const port = open(target, { queue: this.#queue, tries: power.tries, reach });
    // It may be locked between one command and the next.
    const requireFree = () => requireUnlocked(fleet.host(serial));
    return {
      status: (signal) => port.status(signal),
      inventory: (signal) => port.inventory(signal),
      async perform(action, signal) {
        requireFree();
        await port.perform(action, signal);
      },
      async setBootDevice(device, options, signal) {
        requireFree();
        await port.setBootDevice(device, options, signal);
      },
    };
  }
}

/** Has the machine boot from the network at once, whatever it does now. */
export async function bootFromNetwork(power: PowerPort): Promise<void> {
  await power.setBootDevice('pxe');
  await power.perform('cycle');
}
