import type { Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { formatIpv4, UNSPECIFIED_IPV4, type Ipv4 } from '../net/ipv4.js';
import { openBoundSocket, openPlainSocket } from './bound-socket.js';
import { isMissing, loadNativeCalls } from './native-calls.js';
import { InterfaceNotBindable, NoSuchInterface } from './socket-errors.js';

export interface DhcpNetworkSettings {
  /** The one interface that is served. Undefined: only what is sent to `serverAddress` itself, for tests on the loopback. */
  readonly interfaceName: string | undefined;
  readonly serverAddress: Ipv4;
  /** Start although the sockets cannot be bound to the interface and there are other networks. */
  readonly allowOtherNetworks: boolean;
}

/**
 * The sockets of one port. What is broadcast arrives at the first, what is sent to the server's own address at the
 * second, which also sends: so that replies come from that address whatever others the interface has.
 */
export interface SocketPair {
  readonly broadcast: Socket | undefined;
  readonly own: Socket;
}

/** @throws NoSuchInterface, InterfaceNotBindable, PortTaken, NoRightToListen, SocketFailure */
export async function openSocketPair(settings: DhcpNetworkSettings, port: number): Promise<SocketPair> {
  const { interfaceName, serverAddress } = settings;
  if (interfaceName === undefined) {
    return { broadcast: undefined, own: await openPlainSocket({ address: serverAddress, port }) };
  }
  checkInterface(interfaceName, serverAddress);
  const everyone = { address: UNSPECIFIED_IPV4, port };
  const calls = await loadNativeCalls();
  if (isMissing(calls)) {
    const others = otherNetworks(interfaceName);
    if (others.length > 0 && !settings.allowOtherNetworks) {
      throw new InterfaceNotBindable(interfaceName, others, calls.cause);
    }
    return pair(await openPlainSocket(everyone), () => openPlainSocket({ address: serverAddress, port }));
  }
  return pair(await openBoundSocket(calls, interfaceName, everyone, { sharesPort: false }), () =>
    openBoundSocket(calls, interfaceName, { address: serverAddress, port }, { sharesPort: true }),
  );
}

async function pair(broadcast: Socket, openOwn: () => Promise<Socket>): Promise<SocketPair> {
  try {
    return { broadcast, own: await openOwn() };
  } catch (error) {
    broadcast.close();
    throw error;
  }
}

function checkInterface(interfaceName: string, serverAddress: Ipv4): void {
  const wanted = formatIpv4(serverAddress);
  const present = Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).filter(({ family }) => family === 'IPv4').map(({ address }) => `${name} ${address}`),
  );
  if (!present.includes(`${interfaceName} ${wanted}`))
    throw new NoSuchInterface(interfaceName, wanted, present);
}

function otherNetworks(interfaceName: string): string[] {
  return Object.entries(networkInterfaces())
    .filter(([name, addresses]) => name !== interfaceName && addresses?.some(({ internal }) => !internal))
    .map(([name]) => name);
}
