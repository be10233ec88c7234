import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as connectOverTls, createSecureContext } from 'node:tls';

/**
 * Clients that hold what TLS lets them: `hostile-tls.js HOST:PORT KIND CA`. Says `there` once all is begun, goes on, and ends when its input does. They
 * come from 10.75.0.200 and the next addresses.
 */
const [, , at = '', kind = '', ca = ''] = process.argv;
const [host = '', port = ''] = at.split(':');
const ADDRESSES = 40;
const AT_ONCE = 200;

/** The beginning of a ClientHello: a record of 512 bytes, of which 40 come. */
const HALF = Buffer.concat([Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]), Buffer.alloc(29, 7)]);

const attacks: Readonly<
  Record<string, { readonly times: number; readonly begin: (index: number) => Promise<void> }>
> = {
  silent: { times: 4000, begin: (index) => plain(index, undefined) },
  'half-a-hello': { times: 4000, begin: (index) => plain(index, HALF) },
  'in-plain-text': {
    times: 4000,
    begin: (index) => plain(index, Buffer.from(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)),
  },
  secured: { times: 4000, begin: (index) => secured(index, () => undefined) },
  'half-headers': {
    times: 3000,
    begin: (index) => secured(index, (socket) => void socket.write('GET / HTTP/1.1\r\nX-')),
  },
  handshakes: { times: Infinity, begin: (index) => secured(index, (socket) => socket.destroy()) },
};

function addressOf(index: number): string {
  return `10.75.0.${200 + (index % ADDRESSES)}`;
}

function plain(index: number, text: Buffer | undefined): Promise<void> {
  return new Promise((done) => {
    const socket = connect({ host, port: Number(port), localAddress: addressOf(index) });
    over(socket, done);
    socket.on('connect', () => {
      if (text) socket.write(text);
      setImmediate(done);
    });
  });
}

function secured(index: number, then: (socket: Socket) => void): Promise<void> {
  return new Promise((done) => {
    const way = { host, port: Number(port), localAddress: addressOf(index) };
    const socket = connectOverTls({ ...way, secureContext }, () => {
      then(socket);
      done();
    });
    over(socket, done);
  });
}

function over(socket: Socket, done: () => void): void {
  socket.resume();
  socket.on('error', () => done());
  socket.on('close', () => done());
}

const secureContext = createSecureContext({ ca: readFileSync(ca) });
const { times, begin } = attacks[kind] ?? { times: 0, begin: () => Promise.resolve() };
const FIRST = 4000;
process.stdin.resume();
process.stdin.on('end', () => process.exit());
for (let first = 0; first < times; first += AT_ONCE) {
  if (first === FIRST) process.stdout.write('there');
  await Promise.all(
    Array.from({ length: Math.min(AT_ONCE, times - first) }, (_, index) => begin(first + index)),
  );
}
if (times <= FIRST) process.stdout.write('there');
