import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Clients that hold what they can: `hostile-clients.js URL KIND`. Says `there` once all is sent, and goes when its input ends. The first
 * address is 10.75.0.200.
 */
const [, , url = '', kind = ''] = process.argv;
const { hostname, port } = new URL(url);
const host = `Host: ${hostname}\r\n`;
const get = (path: string) => `GET ${path} HTTP/1.1\r\n${host}\r\n`;
const large = get('/images/large.bin');

interface Attack {
  readonly connections: number;
  readonly addresses: number;
  readonly text: string;
}

const attacks: Readonly<Record<string, Attack>> = {
  pipeline: { connections: 10, addresses: 1, text: large.repeat(1000) },
  'pipeline-of-ten': { connections: 500, addresses: 1, text: large.repeat(10) },
  stopped: { connections: 2000, addresses: 10, text: large },
  idle: { connections: 9000, addresses: 1, text: '' },
  'idle-of-many': { connections: 12_000, addresses: 40, text: '' },
  'half-headers': { connections: 3000, addresses: 1, text: `GET / HTTP/1.1\r\n${host}X-` },
  'slow-bodies': {
    connections: 3000,
    addresses: 1,
    text: `PUT /etcd/new HTTP/1.1\r\n${host}Content-Length: 99\r\n\r\nsi`,
  },
  uploads: {
    connections: 400,
    addresses: 10,
    text: `POST /api/v1/images/v9/uploads/disk.raw?offset=0 HTTP/1.1\r\n${host}Content-Type: application/octet-stream\r\nContent-Length: 8000000\r\n\r\n${'x'.repeat(1_000_000)}`,
  },
};

const { connections, addresses, text } = attacks[kind] ?? { connections: 0, addresses: 1, text: '' };

function attack(index: number): Promise<void> {
  return new Promise((sent) => {
    const localAddress = `10.75.0.${200 + (index % addresses)}`;
    const socket: Socket = connect({ host: hostname, port: Number(port), localAddress });
    socket.on('error', () => sent());
    socket.on('close', () => sent());
    socket.on('connect', () => {
      if (text === '') sent();
      // What the kernel does not take waits here: who does not read is not waited for.
      else socket.write(text);
      setImmediate(sent);
    });
  });
}

for (let first = 0; first < connections; first += 200) {
  await Promise.all(
    Array.from({ length: Math.min(200, connections - first) }, (_, index) => attack(first + index)),
  );
}
// What is sent is read by then: each address has asked once more and been answered, or been refused.
await pause(500);
process.stdout.write('there');
process.stdin.resume();
process.stdin.on('end', () => process.exit());
