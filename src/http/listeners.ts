import { portedDialects, portSettings, type PortedDialect } from '../config/dialects.js';
import type { Config } from '../config/schema.js';
import { formatIpv4, UNSPECIFIED_IPV4 } from '../net/ipv4.js';

export type Audience = 'machines' | 'operators' | 'both';

export interface Listener {
  readonly audience: Audience;
  /** The one that is spoken there; imago's own where it is undefined. */
  readonly dialect?: PortedDialect;
  readonly address: string;
  readonly port: number;
  /** For error messages. */
  readonly setting: `listeners.${'http' | 'admin' | (typeof portSettings)[PortedDialect]}.port`;
}

type ListenerSettings = Pick<
  Config,
  'network' | 'listeners' | 'bootcfg' | 'matchbox' | 'pixiecore' | 'pxeInit'
>;

const LOOPBACK = '127.0.0.1';

/**
 * Where to listen. Machines find imago on the server's address of the provisioning network and nowhere else; operators there,
 * on this machine itself, or on the one address that is set for them.
 */
export function listenersOf(config: ListenerSettings): Listener[] {
  return [...ownListeners(config), ...portedDialects(config).map((name) => dialectListener(name, config))];
}

function dialectListener(name: PortedDialect, { network, listeners }: ListenerSettings): Listener {
  const setting = portSettings[name];
  return {
    audience: 'machines',
    dialect: name,
    address: formatIpv4(network.serverAddress),
    port: listeners[setting].port,
    setting: `listeners.${setting}.port`,
  };
}

function ownListeners({ network, listeners }: ListenerSettings): Listener[] {
  const server = formatIpv4(network.serverAddress);
  const { http, admin } = listeners;
  const isEverywhere = admin.address === UNSPECIFIED_IPV4;
  if (http.port === admin.port && (admin.address === undefined || isEverywhere)) {
    const addresses = isEverywhere ? ['0.0.0.0'] : unique([server, LOOPBACK]);
    return addresses.map((address) => ({
      audience: 'both',
      address,
      port: http.port,
      setting: 'listeners.http.port',
    }));
  }
  const adminAddresses =
    admin.address === undefined ? unique([server, LOOPBACK]) : [formatIpv4(admin.address)];
  const isShared = (address: string) => address === server && http.port === admin.port;
  return [
    {
      audience: adminAddresses.some(isShared) ? 'both' : 'machines',
      address: server,
      port: http.port,
      setting: 'listeners.http.port',
    },
    ...adminAddresses
      .filter((address) => !isShared(address))
      .map((address) => ({
        audience: 'operators' as const,
        address,
        port: admin.port,
        setting: 'listeners.admin.port' as const,
      })),
  ];
}

function unique(addresses: readonly string[]): string[] {
  return [...new Set(addresses)];
}
