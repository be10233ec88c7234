import type { SourceName } from '../host/source-name.js';
import { UNSPECIFIED_IPV4 } from '../net/ipv4.js';
import { adminPort } from './admin-section.js';
import { portSettings, setUp, type PortedDialect } from './dialects.js';
import type { Fault } from './fault.js';
import type { Config } from './schema.js';
import type { Parts } from './sound-parts.js';

type Sound = Parts<Config>;

/** Dialects answer other things under the same paths: each has a port of its own. */
export function portFaults(config: Sound): Fault[] {
  const { listeners = {} } = config;
  const taken = new Map<number, string>();
  const { http, admin } = ownPorts(config);
  if (http !== undefined) taken.set(http, 'listeners.http.port');
  if (admin !== undefined) taken.set(admin, 'listeners.admin.port');
  return (Object.keys(portSettings) as PortedDialect[]).flatMap((name): Fault[] => {
    const section = portSettings[name];
    const port = listeners[section]?.port;
    if (port === undefined || isSetUp(name, config) !== true) return [];
    const owner = taken.get(port);
    taken.set(port, `listeners.${section}.port`);
    if (owner === undefined) return [];
    const message = `${port} is ${owner} already, and both answer /ipxe: give one of them another port`;
    return [{ path: ['listeners', section, 'port'], message }];
  });
}

/** Those of machines and operators. */
function ownPorts({ listeners: { http, admin } = {} }: Sound): {
  readonly http?: number;
  readonly admin?: number;
} {
  if (http?.port === undefined) return {};
  const { port } = http;
  if (admin?.trusted === undefined) return { http: port };
  const { trusted, tls } = admin;
  return { http: port, admin: adminPort({ http: { port }, admin: { port: admin.port, trusted, tls } }) };
}

/** Firmware speaks no TLS, and nobody proves who he is in plain text. */
export function adminFaults(config: Sound): Fault[] {
  const { http, admin } = ownPorts(config);
  const { trusted, tls, address } = config.listeners?.admin ?? {};
  const isApart = ![undefined, UNSPECIFIED_IPV4, config.network?.serverAddress].includes(address);
  if (http === undefined || http !== admin || isApart || (trusted && !tls)) return [];
  const taken = `${admin} is listeners.http.port already, where machines are answered without TLS`;
  const message = trusted
    ? `${taken}: give operators another port, as in 4443, or leave tls out`
    : `${taken}, and operators prove who they are: leave it out, then they are answered at https://…:4443, and imagoctl on this server by a socket; or write trusted: true beside it, then whoever reaches the port commands, as before`;
  return [{ path: ['listeners', 'admin', 'port'], message }];
}

/** What answers by gRPC listens beside HTTP. */
export function grpcPortFaults(config: Sound): Fault[] {
  const { listeners = {} } = config;
  const dialects = (Object.keys(portSettings) as PortedDialect[]).filter((name) => isSetUp(name, config));
  const taken = new Map<number | undefined, string>(
    dialects.map((name) => [listeners[portSettings[name]]?.port, `listeners.${portSettings[name]}.port`]),
  );
  const { http, admin } = ownPorts(config);
  taken.set(http, 'listeners.http.port').set(admin, 'listeners.admin.port');
  return (['matchbox', 'pxe-init'] as const).flatMap((name): Fault[] => {
    const section = portSettings[name];
    const port = listeners[section]?.grpc?.port;
    if (port === undefined) return [];
    const path = ['listeners', section, 'grpc'];
    if (isSetUp(name, config) === false) {
      const message = `has nothing to serve, ${name} is not set up: set ${setUp[name].by}, or leave this out`;
      return [{ path, message }];
    }
    const owner = taken.get(port);
    taken.set(port, `${path.join('.')}.port`);
    if (owner === undefined) return [];
    const message = `${port} is ${owner} already: give one of them another port`;
    return [{ path: [...path, 'port'], message }];
  });
}

/** Undefined where a section is at fault by itself. */
export function isSetUp(
  name: SourceName,
  { bootcfg, matchbox, pixiecore, pxeInit }: Sound,
): boolean | undefined {
  if (!bootcfg || !matchbox || !pixiecore || !pxeInit) return undefined;
  const sections = { bootcfg, matchbox, pixiecore, pxeInit } as Config;
  return setUp[name].is(sections);
}
