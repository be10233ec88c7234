import { LEFT_OF_TOO_LONG, LONGEST_PACKET } from './packet.js';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';

/** Octets; a thousand machines may ask in the same instant. */
const LISTEN_BUFFER_BYTES = 4 * 1024 * 1024;

/** Addresses are always numbers here: the detour through the resolver would cost each packet a turn of the event loop. */
function noLookup(
  address: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void {
  callback(null, address, 4);
}

/**
 * A bound UDP socket. Faults after the bind (a full buffer, a client's ICMP) are like lost packets and left to the
 * protocol's own repetition, after `onFault` has heard of them.
 */
export async function boundSocket(
  address: string,
  port: number,
  onMessage: (packet: Uint8Array, from: RemoteInfo) => void,
  onFault: (error: Error) => void,
): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', lookup: noLookup });
  await new Promise<void>((resolve, reject) => {
    const refused = (error: Error): void => {
      socket.close();
      reject(error);
    };
    socket.once('error', refused);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', refused);
      resolve();
    });
  });
  socket.on('error', onFault);
  socket.on('message', (packet: Uint8Array, from) =>
    onMessage(packet.length > LONGEST_PACKET ? packet.subarray(0, LEFT_OF_TOO_LONG) : packet, from),
  );
  return socket;
}

/** For the socket that hears all first requests. */
export function widenReceiveBuffer(socket: Socket): void {
  socket.setRecvBufferSize(LISTEN_BUFFER_BYTES);
}
