/**
 * A program of its own, in the namespace of the clients: `attacks.js HOST PORT SIZE TOKEN ADDRESS…`; the token is of a viewer. Does all that one hostile or clumsy client can, as
 * JSON says how much of it, and holds on to what it holds until its standard input ends.
 */
import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { packet } from '../../test/unit/dhcp/packets.js';
import type { SiegeSize } from './sizes.js';

const [host = '', portText = '', sizeText = '{}', token = ''] = process.argv.slice(2);
const port = Number(portText);
/** Where operators are answered over TLS. */
const OPERATORS = 4443;
const size = JSON.parse(sizeText) as SiegeSize;
/** The addresses that the namespace has for attackers; the first is that of a card with a lease. */
const addresses = process.argv.slice(6);
const held = new Set<Socket>();

const addressOf = (number: number): string => addresses[number % addresses.length] ?? '';

/** A connection that is kept; what comes is read unless it is told otherwise. */
function open(number: number, text: string, { reads = true } = {}): Socket {
  const socket = connect({ host, port, localAddress: addressOf(number) });
  held.add(socket);
  socket.on('error', () => undefined);
  socket.on('close', () => held.delete(socket));
  socket.on('connect', () => {
    if (reads) socket.resume();
    else socket.pause();
    if (text !== '') socket.write(text);
  });
  return socket;
}

/** The same over TLS, once that is agreed. */
function openOverTls(number: number, text: string, { reads = true } = {}): void {
  const socket = connect({ host, port: OPERATORS, localAddress: addressOf(number) });
  held.add(socket);
  socket.on('error', () => undefined);
  socket.on('close', () => held.delete(socket));
  const secured = connectSecurely({ socket, rejectUnauthorized: false }, () => {
    if (!reads) secured.pause();
    else secured.resume();
    if (text !== '') secured.write(text);
  });
  secured.on('error', () => undefined);
}

/** The first bytes of a ClientHello of TLS 1.2: a record that says it is longer. */
const HALF_A_HELLO = Buffer.from('160301020001000200030100', 'hex');

function openToOperators(number: number): void {
  const kind = number % 8;
  if (kind < 4) {
    const socket = connect({ host, port: OPERATORS, localAddress: addressOf(number) });
    held.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => held.delete(socket));
    socket.on('connect', () => {
      socket.resume();
      if (kind >= 2) socket.write(HALF_A_HELLO);
    });
  } else if (kind === 4) openOverTls(number, '');
  else if (kind === 5) openOverTls(number, `GET /api/v1/hosts HTTP/1.1\r\nHost: ${host}\r\nX-Slow`);
  else if (kind === 6)
    openOverTls(
      number,
      `POST /api/v1/hosts HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
    );
  else openOverTls(number, get('/api/v1/openapi.json', BEARER).repeat(20), { reads: false });
}

const BEARER = `Authorization: Bearer ${token}\r\n`;
const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n`;
const send = (method: string, path: string, body: string, headers = ''): string =>
  `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;

/** So many requests by a few connections, one after the other on each: what is answered does not matter. */
async function flood(name: string, times: number, requestOf: (number: number) => string): Promise<void> {
  let left = times;
  const began = performance.now();
  const next = (): string | undefined => {
    left -= 1;
    return left < 0 ? undefined : requestOf(left);
  };
  const worker = async (number: number): Promise<void> => {
    for (;;) {
      await exchange(number, next);
      if (left <= 0) return;
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, number) => worker(number)));
  tell(name, times, began);
}

/** On one connection, until it is closed or there is nothing left to ask. */
function exchange(number: number, nextRequest: () => string | undefined): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, localAddress: addressOf(number), noDelay: true });
    const ask = (): void => {
      const request = nextRequest();
      if (request === undefined) socket.destroy();
      else socket.write(request);
    };
    let received = '';
    socket.setTimeout(10_000, () => socket.destroy());
    socket.on('connect', ask);
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
      const end = received.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(received.slice(0, end))?.[1] ?? 0);
      if (received.length < end + 4 + length) return;
      const isOver = /\r\nconnection: close/i.test(received.slice(0, end));
      received = '';
      if (isOver) socket.destroy();
      else ask();
    });
  });
}

/** Datagrams as fast as they leave, with a breath now and then. */
async function shower(
  name: string,
  times: number,
  to: number,
  bytesOf: (number: number) => Buffer,
): Promise<void> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, addressOf(1), resolve));
  const sendIt = promisify((bytes: Buffer, done: (error: Error | null) => void) =>
    socket.send(bytes, to, host, done),
  );
  const began = performance.now();
  for (let number = 0; number < times; number += 1) {
    await sendIt(bytesOf(number));
    if (number % 500 === 499) await pause(5);
  }
  socket.close();
  tell(name, times, began);
}

function tell(name: string, times: number, began: number): void {
  const perSecond = Math.round(times / ((performance.now() - began) / 1000));
  process.stdout.write(`${name}: ${times} (${perSecond}/s)\n`);
}

const rrq = (name: string, ...options: string[]): Buffer =>
  Buffer.from(`\0\u0001${[name, 'octet', ...options].join('\0')}\0`, 'latin1');

const noise = (number: number): Buffer => {
  const bytes = Buffer.alloc(300 + (number % 300));
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = (number * 31 + at * 17 + (at >> 3)) & 255;
  return bytes;
};
/** Right up to the cookie, then anything. */
const nearlyDhcp = (number: number): Buffer =>
  Buffer.concat([packet({ xid: number, options: [] }).subarray(0, 240), noise(number)]);

const victim = (number: number): string => `sgh${String(100_000 + (number % size.machines))}xk`;
const hex = (number: number): string =>
  number
    .toString(16)
    .padStart(6, '0')
    .replaceAll(/(..)(?!$)/g, '$1:');
const asHex = (text: string): string => Buffer.from(text).toString('hex');
const reportOf = (serial: string, macs: readonly string[]): string =>
  JSON.stringify({
    Serial: serial,
    NetDevs: macs.map((mac, index) => ({ Name: `eth${index}`, MacAddress: mac })),
  });
const json = 'Content-Type: application/json\r\n';
const plain = 'Content-Type: text/plain\r\nOrigin: http://evil.example\r\n';

const few = Math.ceil(size.each / 10);

/** What is held while all the rest goes on. */
for (let number = 0; number < size.pipelines; number += 1)
  open(number, get('/images/sandbox/vmlinuz').repeat(1000), { reads: false });
for (let number = 0; number < size.stalled; number += 1)
  open(number, get('/images/sandbox/vmlinuz'), { reads: false });
for (let number = 0; number < size.idle; number += 1) {
  const third = number % 3;
  open(
    number,
    third === 0
      ? ''
      : third === 1
        ? `GET /boot.ipxe HTTP/1.1\r\nHost: ${host}\r\nX-Slow`
        : `PUT /etcd/new HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1000\r\n\r\nv`,
  );
  if (number % 200 === 199) await pause(20);
}
for (let number = 0; number < size.streams; number += 1)
  openOverTls(number, get('/api/v1/events', `Accept: text/event-stream\r\n${BEARER}`));
for (let number = 0; number < size.overTls; number += 1) {
  openToOperators(number);
  if (number % 100 === 99) await pause(20);
}
process.stdout.write('held\n');

await Promise.all([
  shower('RRQ that nobody acknowledges', size.unacknowledged, 69, () =>
    rrq('undionly.kpxe', 'timeout', '255'),
  ),
  shower('RRQ of what is not there', size.each, 69, (number) => rrq(`nothing-${number}`)),
  shower('WRQ and other opcodes', few, 69, (number) => Buffer.from([0, 2 + (number % 9), 1, 2, 0, 0])),
  shower('noise to TFTP', few, 69, noise),
  shower('noise to DHCP', few, 67, noise),
  shower('nearly DHCP', size.each, 67, nearlyDhcp),
  shower('DISCOVER of ever new cards, names and classes', size.each, 67, (number) =>
    packet({
      xid: number,
      chaddr: `02:42:${hex(number)}:01`,
      flags: 0x8000,
      options: [
        [53, '01'],
        [12, asHex(`name-${number}`)],
        [60, asHex(`class-${number}`)],
        [77, asHex(`user-${number}`)],
        [97, `00${asHex(String(number).padStart(16, '0'))}`],
      ],
    }),
  ),
]);
await flood('unknown serials', size.each, (number) =>
  get(`/ipxe?serial=flood${number}&mac=52-54-01-${hex(number).replaceAll(':', '-')}`),
);
await flood('unknown UUIDs and labels', size.each, (number) =>
  get(`/ipxe?uuid=11111111-2222-3333-4444-${String(number).padStart(12, '0')}&label${number}=${number}`),
);
await flood(
  'names of hosts and browsers',
  size.each,
  (number) =>
    `GET / HTTP/1.1\r\nHost: h${number}.example\r\nUser-Agent: agent-${number}\r\nX-H${number}: 1\r\n\r\n`,
);
await flood('capabilities of nobody', size.each, (number) =>
  get(`/m/${String(number).padStart(32, '0')}/first-stage-script/flood${number}`),
);
await flood('cards that Pixiecore asks for', size.each, (number) =>
  get(`/pixiecore/v1/boot/52:54:03:${hex(number)}`),
);
await flood('members of clusters of etcd', size.each, (number) =>
  send('PUT', `/etcd/${String(number).padStart(32, '0')}/m${number}`, `value=${number}`),
);
await flood('methods', few, (number) => send(`M${number}`, `/report/flood${number}/failed`, ''));
await flood('tokens of nobody, at the port of machines', size.each, (number) =>
  get('/api/v1/hosts', `Authorization: Bearer imago_${number}_${number}\r\n`),
);
await flood('serials of others', size.each, (number) => get(`/ipxe?serial=${victim(number)}`));
await flood('cards of others', few, (number) =>
  send(
    'POST',
    '/final-ignition-config.json',
    reportOf(`mine${number % 3}`, [`52:54:00:${hex(number % size.machines)}`]),
    json,
  ),
);
await flood('configurations of others', few, (number) =>
  send('POST', '/final-ignition-config.json', reportOf(victim(number), [`52:54:02:${hex(number)}`]), json),
);
await flood('reports for others', few, (number) =>
  send(
    'PUT',
    `/admin/host/${victim(number)}/boot_complete`,
    JSON.stringify({ DockerVersion: String(number) }),
  ),
);
await flood('progress of others', few, (number) =>
  send('POST', `/report/${victim(number)}/failed`, `no ${number}`),
);
await flood('clusters of etcd', few, () => send('PUT', '/etcd/new?size=3', ''));
await flood('foreign pages', few, (number) =>
  send('POST', `/api/v1/hosts/${victim(number)}/state`, '{"state":"configured"}', plain),
);
await flood('what is not there', size.each, (number) => get(`/nothing/${number}`));
await flood('mirrors of prototypes', few, (number) => get(`/mirror/constructor/${number}`));
await flood('long names', few, (number) => get(`/first-stage-script/${'a'.repeat(3000)}${number}`));
process.stdout.write('done\n');
process.stdin.resume();
process.stdin.once('end', () => {
  for (const socket of held) socket.destroy();
});
