import { createSocket, type Socket } from 'node:dgram';
import { endianness } from 'node:os';
import { errorCode } from '../errors.js';
import { formatIpv4, UNSPECIFIED_IPV4, type Ipv4 } from '../net/ipv4.js';
import {
  AF_INET,
  check,
  int32,
  SO_BINDTODEVICE,
  SO_BROADCAST,
  SO_RCVBUFFORCE,
  SO_SNDBUFFORCE,
  SO_REUSEADDR,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  type NativeCalls,
} from './native-calls.js';
import { NoRightToListen, PortTaken, SocketFailure } from './socket-errors.js';

/** Room for a rack that is powered on at once: some 10,000 messages. */
const BUFFER_BYTES = 8 * 1024 * 1024;

export interface UdpAddress {
  readonly address: Ipv4;
  readonly port: number;
}

/**
 * The descriptor of a UDP socket that neither hears nor reaches any interface but the named one.
 * @throws PortTaken, NoRightToListen, SocketFailure
 */
export function openBoundSocket(
  calls: NativeCalls,
  interfaceName: string,
  local: UdpAddress,
  options: { readonly sharesPort: boolean },
): number {
  const fd = check(calls, 'socket', calls.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  try {
    bindToInterface(calls, fd, interfaceName);
    check(calls, 'SO_BROADCAST', calls.setsockopt(fd, SOL_SOCKET, SO_BROADCAST, int32(1)));
    // May be refused to who is not root; the default is then enough for a few hundred machines.
    calls.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, int32(BUFFER_BYTES));
    calls.setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, int32(BUFFER_BYTES));
    if (options.sharesPort) allowSharing(calls, fd);
    bindTo(calls, fd, local);
    // Only now: a port that another program holds is to be found out, not shared with it.
    if (!options.sharesPort) allowSharing(calls, fd);
  } catch (error) {
    calls.close(fd);
    throw error;
  }
  return fd;
}

/** A socket that hears all interfaces, or for the loopback of tests. @throws PortTaken, NoRightToListen */
export async function openPlainSocket(local: UdpAddress): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  await bindDgram(socket, local);
  socket.setBroadcast(true);
  return socket;
}

function bindToInterface(calls: NativeCalls, fd: number, interfaceName: string): void {
  const name = Buffer.from(`${interfaceName}\0`, 'latin1');
  if (calls.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name) === 0) return;
  const errorName = calls.errorName();
  if (errorName === 'EPERM') throw new NoRightToListen(`bind a socket to the interface ${interfaceName}`);
  throw new SocketFailure(`SO_BINDTODEVICE ${interfaceName}`, errorName);
}

function allowSharing(calls: NativeCalls, fd: number): void {
  check(calls, 'SO_REUSEADDR', calls.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, int32(1)));
}

function bindTo(calls: NativeCalls, fd: number, local: UdpAddress): void {
  const address = Buffer.alloc(16);
  if (endianness() === 'LE') address.writeUInt16LE(AF_INET, 0);
  else address.writeUInt16BE(AF_INET, 0);
  address.writeUInt16BE(local.port, 2);
  address.writeUInt32BE(local.address, 4);
  if (calls.bind(fd, address) === 0) return;
  throw bindFailure(calls.errorName(), local);
}

function bindDgram(socket: Socket, local: UdpAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      reject(bindFailure(errorCode(error) ?? error.message, local));
    };
    socket.once('error', failed);
    socket.bind(local.port, formatIpv4(local.address), () => {
      socket.off('error', failed);
      resolve();
    });
  });
}

function bindFailure(errorName: string, local: UdpAddress): Error {
  const shown = local.address === UNSPECIFIED_IPV4 ? 'this machine' : formatIpv4(local.address);
  if (errorName === 'EADDRINUSE') return new PortTaken(shown, local.port);
  if (errorName === 'EACCES' || errorName === 'EPERM')
    return new NoRightToListen(`listen on UDP port ${local.port}`);
  return new SocketFailure(`bind ${shown}:${local.port}`, errorName);
}
