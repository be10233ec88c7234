import type { Socket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { errorCode } from '../errors.js';
import { formatIpv4, UNSPECIFIED_IPV4, type Endpoint, type Ipv4 } from '../net/ipv4.js';
import { loadLibc, SocketFailure, type Libc } from '../net/linux/libc.js';
import { openUdpSocket, type UdpSocketOptions } from '../net/linux/sockets.js';
import { DgramPort, openPlainSocket, type DatagramPort, type DatagramPortEvents } from './datagram-port.js';
import { InterfaceNotBindable, NoRightToListen, NoSuchInterface, PortTaken } from './errors.js';
import { NativePort } from './native-port.js';

export interface DhcpNetworkSettings {
  /** The one interface that is served. Undefined: only what is sent to `serverAddress` itself, for tests on the loopback. */
  readonly interfaceName: string | undefined;
  readonly serverAddress: Ipv4;
  /** Start although the sockets cannot be bound to the interface and there are other networks. */
  readonly allowOtherNetworks: boolean;
}

/**
 * Opens a port for what is broadcast and for what is sent to the server's own address. That are two sockets: the one
 * bound to the address sends, so that answers come from it whatever others the interface has.
 * @throws NoSuchInterface, InterfaceNotBindable, PortTaken, NoRightToListen, SocketFailure
 */
export async function openDatagramPort(
  settings: DhcpNetworkSettings,
  port: number,
  events: DatagramPortEvents,
): Promise<DatagramPort> {
  const { interfaceName, serverAddress } = settings;
  const own = { address: serverAddress, port };
  if (interfaceName === undefined) return new DgramPort(await plainSocket(own), [], events);
  checkInterface(interfaceName, serverAddress);
  const everyone = { address: UNSPECIFIED_IPV4, port };
  const libc = await loadLibc();
  if (typeof libc !== 'string') {
    const everyoneFd = boundSocket(libc, interfaceName, { local: everyone, sharesPort: 'once-bound' });
    try {
      const ownFd = boundSocket(libc, interfaceName, { local: own, sharesPort: 'always' });
      return new NativePort(libc, ownFd, [everyoneFd], events);
    } catch (error) {
      libc.close(everyoneFd);
      throw error;
    }
  }
  const others = otherNetworks(interfaceName);
  if (others.length > 0 && !settings.allowOtherNetworks) {
    throw new InterfaceNotBindable(interfaceName, others, libc);
  }
  const everyoneSocket = await plainSocket(everyone);
  try {
    return new DgramPort(await plainSocket(own), [everyoneSocket], events);
  } catch (error) {
    everyoneSocket.close();
    throw error;
  }
}

/** Bound to the interface: it neither hears nor reaches another one. */
function boundSocket(libc: Libc, interfaceName: string, options: UdpSocketOptions): number {
  try {
    return openUdpSocket(libc, { ...options, interfaceName, broadcasts: true });
  } catch (error) {
    if (!(error instanceof SocketFailure)) throw error;
    const { errorName } = error;
    if (errorName === 'EADDRNOTAVAIL') throw noSuchInterface(interfaceName, options.local.address);
    if (errorName === 'EPERM' && error.call !== 'bind')
      throw new NoRightToListen(`bind a socket to the interface ${interfaceName}`);
    throw listenFault(errorName, options.local) ?? error;
  }
}

async function plainSocket(local: Endpoint): Promise<Socket> {
  try {
    return await openPlainSocket(local);
  } catch (error) {
    const errorName = errorCode(error) ?? String(error);
    throw listenFault(errorName, local) ?? new SocketFailure('bind', errorName);
  }
}

function listenFault(errorName: string, { address, port }: Endpoint): Error | undefined {
  if (errorName === 'EADDRINUSE') {
    return new PortTaken(address === UNSPECIFIED_IPV4 ? 'this machine' : formatIpv4(address), port);
  }
  if (errorName !== 'EACCES' && errorName !== 'EPERM') return undefined;
  return new NoRightToListen(`listen on UDP port ${port}`);
}

/**
 * Node lists an interface only while it has a carrier, which at boot a switch may not give yet: so only what is known
 * to be wrong is refused here, and an address that nobody has when it is bound to.
 */
function checkInterface(interfaceName: string, serverAddress: Ipv4): void {
  const wanted = formatIpv4(serverAddress);
  const present = presentAddresses();
  const isElsewhere = present.some(({ name, address }) => name !== interfaceName && address === wanted);
  const hasOthers = present.some(({ name }) => name === interfaceName);
  const isHere = present.some(({ name, address }) => name === interfaceName && address === wanted);
  if (!existsSync(`/sys/class/net/${interfaceName}`) || (!isHere && (hasOthers || isElsewhere))) {
    throw noSuchInterface(interfaceName, serverAddress);
  }
}

function noSuchInterface(interfaceName: string, serverAddress: Ipv4): NoSuchInterface {
  const present = presentAddresses().map(({ name, address }) => `${name} ${address}`);
  return new NoSuchInterface(interfaceName, formatIpv4(serverAddress), present);
}

function presentAddresses(): { readonly name: string; readonly address: string }[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).filter(({ family }) => family === 'IPv4').map(({ address }) => ({ name, address })),
  );
}

function otherNetworks(interfaceName: string): string[] {
  return Object.entries(networkInterfaces())
    .filter(([name, addresses]) => name !== interfaceName && addresses?.some(({ internal }) => !internal))
    .map(([name]) => name);
}
