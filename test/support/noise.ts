/**
 * Sends what no client sends: `noise.js udp ADDRESS PORT COUNT SEED` or `noise.js http ADDRESS PORT COUNT SEED`. The same seed makes
 * the same noise.
 */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import fc from 'fast-check';

const [kind = '', address = '', portText = '', countText = '', seedText = ''] = process.argv.slice(2);
const port = Number(portText);
const [count, seed] = [Number(countText), Number(seedText)];

/** A DHCP message's fixed part with a correct cookie, so that half of the noise reaches the options. */
const dhcpHead = Buffer.concat([
  Buffer.from('0101060012345678', 'hex'),
  Buffer.alloc(228),
  Buffer.from('63825363', 'hex'),
]);
const anyBytes = fc.uint8Array({ maxLength: 700 }).map((bytes) => Buffer.from(bytes));
const datagram = fc.oneof(
  anyBytes,
  anyBytes.map((tail) => Buffer.concat([dhcpHead, tail])),
  fc
    .tuple(fc.integer({ min: 0, max: 9 }), anyBytes)
    .map(([opcode, tail]) => Buffer.concat([Buffer.from([0, opcode]), tail])),
  fc.string().map((name) => Buffer.from(`\0\u0001${name}\0octet\0blksize\0${name.length}\0`)),
);

const anyText = fc.string({ unit: 'grapheme', maxLength: 200 });
const request = fc.oneof(
  anyBytes,
  anyText.map((text) => Buffer.from(text)),
  fc
    .tuple(
      fc.constantFrom('GET', 'PUT', 'POST', 'HEAD', 'DELETE', 'BREW'),
      fc.constantFrom('/ipxe?serial=', '/admin/host/', '/images/', '/first-stage-script/', '/api/v1/hosts/'),
      anyText,
    )
    .map(([method, path, rest]) =>
      Buffer.from(`${method} ${path}${encodeURI(rest)} HTTP/1.1\r\nHost: x\r\n\r\n`),
    ),
  fc
    .tuple(
      fc.constantFrom(
        '/final-ignition-config.json',
        '/final-cloud-config.yaml',
        '/admin/host/a/override',
        '/report/a/started',
      ),
      anyText,
      fc.integer({ min: -1, max: 400 }),
    )
    .map(([path, body, length]) =>
      Buffer.from(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n${body}`),
    ),
);

async function sendDatagrams(): Promise<void> {
  const socket = createSocket('udp4');
  const send = promisify((bytes: Uint8Array, done: (error: Error | null) => void) =>
    socket.send(bytes, port, address, done),
  );
  for (const bytes of fc.sample(datagram, { numRuns: count, seed })) await send(bytes);
  socket.close();
}

async function sendRequests(): Promise<void> {
  const all = fc.sample(request, { numRuns: count, seed });
  const worker = async (): Promise<void> => {
    for (let bytes = all.pop(); bytes !== undefined; bytes = all.pop()) await sendRequest(bytes);
  };
  await Promise.all(Array.from({ length: 50 }, worker));
}

/** Sends, reads what comes, and hangs up. */
function sendRequest(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    socket.on('connect', () => socket.end(bytes));
    socket.on('data', () => undefined);
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
    socket.setTimeout(2000, () => socket.destroy());
  });
}

await (kind === 'udp' ? sendDatagrams() : sendRequests());
