import { join } from 'node:path';
import type { Way } from '../access/operator-proof.js';
import { adminPort, isOverTls } from '../config/admin-section.js';
import { portedDialects, portSettings, type PortedDialect } from '../config/dialects.js';
import type { Config } from '../config/schema.js';
import { formatIpv4, UNSPECIFIED_IPV4 } from '../net/ipv4.js';

export type Audience = 'machines' | 'operators' | 'both';

interface ListenerParts {
  readonly audience: Audience;
  /** How operators come to it; undefined where none do. */
  readonly way?: Way;
  /** The one that is spoken there; imago's own where it is undefined. */
  readonly dialect?: PortedDialect;
  /** For error messages. */
  readonly setting:
    | `listeners.${'http' | 'admin' | (typeof portSettings)[PortedDialect]}.port`
    | 'listeners.admin.socket';
}

export interface PortListener extends ListenerParts {
  readonly address: string;
  readonly port: number;
  /** Whether it speaks HTTPS. */
  readonly isOverTls?: boolean;
}

export interface SocketListener extends ListenerParts {
  /** Its path. */
  readonly socket: string;
}

export type Listener = PortListener | SocketListener;

type ListenerSettings = Pick<
  Config,
  'network' | 'listeners' | 'bootcfg' | 'matchbox' | 'pixiecore' | 'pxeInit' | 'paths'
>;

const LOOPBACK = '127.0.0.1';

/**
 * Where to listen. Machines find imago on the server's address of the provisioning network and nowhere else; operators there,
 * on this machine itself, or on the one address that is set for them, and by a socket.
 * @param runtimeFolder That systemd makes for the service.
 */
export function listenersOf(config: ListenerSettings, runtimeFolder?: string): Listener[] {
  return [
    ...ownListeners(config),
    socketListener(config, runtimeFolder),
    ...portedDialects(config).map((name) => dialectListener(name, config)),
  ];
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

function socketListener({ listeners, paths }: ListenerSettings, runtimeFolder = paths.state): Listener {
  return {
    audience: 'operators',
    way: 'socket',
    socket: listeners.admin.socket ?? join(runtimeFolder, 'admin.sock'),
    setting: 'listeners.admin.socket',
  };
}

function ownListeners({ network, listeners }: ListenerSettings): Listener[] {
  const server = formatIpv4(network.serverAddress);
  const { http, admin } = listeners;
  const port = adminPort(listeners);
  const way = admin.trusted ? ('trusted' as const) : ('tls' as const);
  const isEverywhere = admin.address === UNSPECIFIED_IPV4;
  if (http.port === port && (admin.address === undefined || isEverywhere)) {
    const addresses = isEverywhere ? ['0.0.0.0'] : unique([server, LOOPBACK]);
    return addresses.map((address) => ({
      audience: 'both',
      way,
      address,
      port,
      setting: 'listeners.http.port',
    }));
  }
  const adminAddresses =
    admin.address === undefined ? unique([server, LOOPBACK]) : [formatIpv4(admin.address)];
  const isShared = (address: string) => address === server && http.port === port;
  const isForBoth = adminAddresses.some(isShared);
  return [
    {
      audience: isForBoth ? 'both' : 'machines',
      ...(isForBoth && { way }),
      address: server,
      port: http.port,
      setting: 'listeners.http.port',
    },
    ...adminAddresses
      .filter((address) => !isShared(address))
      .map((address) => ({
        audience: 'operators' as const,
        way,
        address,
        port,
        isOverTls: isOverTls(admin),
        setting: 'listeners.admin.port' as const,
      })),
  ];
}

function unique(addresses: readonly string[]): string[] {
  return [...new Set(addresses)];
}
