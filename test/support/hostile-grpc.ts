import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { framed, GrpcCaller } from './grpc-caller.js';

/**
 * Callers of gRPC that hold or break what they can: `hostile-grpc.js HOST PORT KIND CA CERTIFICATE KEY`. Says `there` once all is sent, and
 * goes when its input ends. Some have a certificate.
 */
const [, , host = '', port = '', kind = '', ca = '', certificate = '', key = ''] = process.argv;
const noise = Buffer.from(Array.from({ length: 50_000 }, (_, index) => (index * 7919) % 251));
const held: Socket[] = [];
const localAddress = '10.75.0.200';

async function plain(): Promise<Socket> {
  const socket = connect({ host, port: Number(port), localAddress });
  socket.on('error', () => undefined);
  await settled(socket, 'connect');
  held.push(socket);
  return socket;
}

/** @param withCertificate one that is asked for */
async function secure(withCertificate: boolean): Promise<Socket> {
  const socket = connectTls({
    socket: await plain(),
    ca: readFileSync(ca),
    ALPNProtocols: ['h2'],
    checkServerIdentity: () => undefined,
    ...(withCertificate && { cert: readFileSync(certificate), key: readFileSync(key) }),
  });
  socket.on('error', () => undefined);
  await settled(socket, 'secureConnect');
  held.push(socket);
  return socket;
}

function settled(socket: Socket, event: string): Promise<void> {
  return new Promise((resolve) => {
    for (const either of [event, 'close']) socket.once(either, () => resolve());
  });
}

async function caller(): Promise<GrpcCaller> {
  return GrpcCaller.to(Number(port), await secure(true));
}

async function many(count: number, one: () => Promise<unknown>): Promise<void> {
  for (let first = 0; first < count; first += 100)
    await Promise.all(Array.from({ length: Math.min(100, count - first) }, one));
}

const PUT = '/rpcpb.Ignition/IgnitionPut';
/** As much as a message may have, but for its last byte. */
const almost = framed(new Uint8Array(4 * 1024 * 1024 - 1)).subarray(0, -1);

const kinds: Readonly<Record<string, () => Promise<unknown>>> = {
  'silent-connections': () => many(3000, plain),
  noise: () => many(500, async () => (await plain()).write(noise)),
  'no-certificate': () => many(300, () => secure(false)),
  'half-handshakes': () =>
    many(2000, async () => (await plain()).write(Buffer.from('16030100ff010000fb0303', 'hex'))),
  'rapid-resets': () =>
    many(20, async () => {
      const own = await caller();
      for (let count = 0; count < 1000 && !own.session.destroyed; count += 1) own.open(PUT).close(8);
    }),
  'half-messages': () =>
    many(30, async () => {
      const own = await caller();
      for (let count = 0; count < 64 && !own.session.destroyed; count += 1) own.open(PUT).write(almost);
    }),
  'answers-not-taken': () =>
    many(30, async () => {
      const own = await caller();
      for (let count = 0; count < 64 && !own.session.destroyed; count += 1) {
        const stream = own.open('/rpcpb.Groups/GroupList');
        stream.pause();
        stream.end(framed(new Uint8Array()));
      }
    }),
  pings: () =>
    many(20, async () => {
      const own = await caller();
      for (let count = 0; count < 2000 && !own.session.destroyed; count += 1)
        own.session.ping(() => undefined);
    }),
};

await kinds[kind]?.();
process.stdout.write('there\n');
process.stdin.resume();
await once(process.stdin, 'end');
for (const socket of held) socket.destroy();
process.exit(0);
