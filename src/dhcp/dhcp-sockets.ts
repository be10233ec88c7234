import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { formatIpv4, UNSPECIFIED_IPV4, type Ipv4 } from '../net/ipv4.js';
import type { DatagramPort, DatagramPortEvents } from './datagram-port.js';
import { DgramPort } from './dgram-port.js';
import { NativePort } from './native-port.js';
import { openBoundSocket, openPlainSocket } from './bound-socket.js';
import { isMissing, loadNativeCalls } from './native-calls.js';
import { InterfaceNotBindable, NoSuchInterface, SocketFailure } from './socket-errors.js';

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
  if (interfaceName === undefined) return new DgramPort(await openPlainSocket(own), [], events);
  checkInterface(interfaceName, serverAddress);
  const everyone = { address: UNSPECIFIED_IPV4, port };
  const calls = await loadNativeCalls();
  if (!isMissing(calls)) {
    const everyoneFd = openBoundSocket(calls, interfaceName, everyone, { sharesPort: false });
    try {
      const ownFd = openBoundSocket(calls, interfaceName, own, { sharesPort: true });
      return new NativePort(calls, ownFd, [everyoneFd], events);
    } catch (error) {
      calls.close(everyoneFd);
      if (error instanceof SocketFailure && error.facts['errorName'] === 'EADDRNOTAVAIL') {
        throw noSuchInterface(interfaceName, serverAddress);
      }
      throw error;
    }
  }
  const others = otherNetworks(interfaceName);
  if (others.length > 0 && !settings.allowOtherNetworks) {
    throw new InterfaceNotBindable(interfaceName, others, calls.cause);
  }
  const everyoneSocket = await openPlainSocket(everyone);
  try {
    return new DgramPort(await openPlainSocket(own), [everyoneSocket], events);
  } catch (error) {
    everyoneSocket.close();
    throw error;
  }
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
