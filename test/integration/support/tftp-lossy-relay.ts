import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';

/**
 * Stands between TFTP clients and a server and loses packets in either direction, by a dice that always rolls the same:
 * ADDRESS PORT SERVER-PORT LOSS-PERCENT. The server is on 127.0.0.1. Says when it listens, and in the end what it lost.
 */
const [, , address = '127.0.0.1', port = '69', serverPort = '6969', percent = '10'] = process.argv;
const LOOPBACK = '127.0.0.1';
const lost = { toServer: 0, toClient: 0, carried: 0 };

/** A client's way: `up` talks to the server, `down` to the client. */
interface Way {
  readonly up: Socket;
  readonly down: Socket;
}

const ways = new Map<string, Promise<Way>>();
let seed = 1;

/** Marsaglia's xorshift. */
function isLost(): boolean {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return (seed >>> 0) % 100 < Number(percent);
}

async function bound(where: string, at: number): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 });
  socket.bind(at, where);
  await once(socket, 'listening');
  return socket;
}

async function wayFor(client: RemoteInfo): Promise<Way> {
  const [up, down] = await Promise.all([bound(LOOPBACK, 0), bound(address, 0)]);
  let transferPort = Number(serverPort);
  up.on('message', (packet: Uint8Array, from: RemoteInfo) => {
    transferPort = from.port;
    carry('toClient', () => down.send(packet, client.port, client.address));
  });
  down.on('message', (packet: Uint8Array) => {
    carry('toServer', () => up.send(packet, transferPort, LOOPBACK));
  });
  return { up, down };
}

function carry(direction: 'toServer' | 'toClient', send: () => void): void {
  if (isLost()) lost[direction] += 1;
  else {
    lost.carried += 1;
    send();
  }
}

const listening = await bound(address, Number(port));
listening.on('message', (packet: Uint8Array, client: RemoteInfo) => {
  const key = `${client.address}:${client.port}`;
  const way = ways.get(key) ?? wayFor(client);
  ways.set(key, way);
  carry('toServer', () => void way.then(({ up }) => up.send(packet, Number(serverPort), LOOPBACK)));
});
process.once('SIGTERM', () => {
  process.stdout.write(`${JSON.stringify(lost)}\n`, () => process.exit(0));
});
process.stdout.write('listening\n');
