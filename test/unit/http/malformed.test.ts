import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import { connectionLimits } from '../../../src/http/connection-limits.js';
import { openHouse, type House } from '../../support/http-house.js';

/** Sends bytes and waits until the server has ended the connection, or the client loses patience; what it said. */
function talk(house: House, bytes: Uint8Array | string, patienceMs = 5000): Promise<string> {
  return new Promise((resolve) => {
    const socket: Socket = connect(Number(new URL(house.url).port), '127.0.0.1');
    let said = '';
    socket.on('data', (chunk) => (said += chunk.toString('latin1')));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(said));
    socket.setTimeout(patienceMs, () => socket.end());
    socket.write(bytes);
  });
}

const line = fc.oneof(
  fc.constantFrom('GET', 'PUT', 'POST', 'HEAD', 'OPTIONS', 'CONNECT', 'PRI', 'get', ''),
  fc.string({ maxLength: 20 }),
);
const path = fc.oneof(
  fc.webPath(),
  fc.constantFrom(
    '/',
    '*',
    '/ipxe?serial=%zz&mac=%',
    '/images/%ff',
    '/admin/host//set_installed',
    'http://[',
    '/api/v1/hosts/%c0',
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
);
const header = fc.oneof(
  fc.constantFrom(
    'Content-Length: 5',
    'Content-Length: -1',
    'Content-Length: 5, 6',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip',
    'Expect: 100-continue',
    'Expect: what',
    'Upgrade: websocket\r\nConnection: Upgrade',
    'Range: bytes=0-',
    'Host:',
    'If-Modified-Since: never',
    'Content-Type: application/json',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const request = fc
  .tuple(line, path, fc.array(header, { maxLength: 4 }), fc.string({ unit: 'binary', maxLength: 60 }))
  .map(([method, where, headers, body]) =>
    Buffer.from(`${method} ${where} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${body}`, 'latin1'),
  );
/** Follows on the same connection, so that the server has a reason to end it. */
const last = Buffer.from('\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
const garbage = fc.uint8Array({ maxLength: 200 });

describe('malformed HTTP', () => {
  let house: House;
  const log: string[] = [];
  before(async () => {
    house = await openHouse({ logTo: { write: (line) => void log.push(line) } });
  });
  after(() => house.close());

  const isAlive = async () => expect((await fetch(`${house.url}/health`)).status).to.equal(200);

  it('of any kind leaves the server serving, and never makes it fail', async function () {
    this.timeout(30_000);
    const bytes = fc.sample(fc.oneof(request, garbage), { numRuns: 1000, seed: 1 });
    for (let index = 0; index < bytes.length; index += 20) {
      const some = bytes.slice(index, index + 20).map((each) => Buffer.concat([each, last]));
      const answers = await Promise.all(some.map((each) => talk(house, each, 100)));
      for (const answer of answers) expect(answer).not.to.match(/^HTTP\/1\.1 500/);
    }
    await isAlive();
    expect(log.length).to.be.greaterThan(100);
    for (const line of log) {
      expect(JSON.parse(line)).to.include.keys('level', 'msg');
      expect(line.trimEnd()).to.match(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u);
    }
  });

  const cases: readonly [name: string, bytes: string, want: RegExp][] = [
    ['no HTTP at all', 'hello\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00', /^HTTP\/1\.1 400 /],
    [
      'headers without end',
      `GET / HTTP/1.1\r\nX: ${'x'.repeat(connectionLimits.maxHeaderSize)}`,
      /^HTTP\/1\.1 431 /,
    ],
    [
      'a body that is too long',
      `PUT /admin/host/ser1/boot_complete HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n`,
      /^HTTP\/1\.1 413 /,
    ],
    [
      'two lengths',
      'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
    ['a tunnel', 'CONNECT example.net:443 HTTP/1.1\r\nHost: x\r\n\r\n', /^$/],
  ];
  for (const [name, bytes, want] of cases) {
    it(`${name} gets its answer and an end`, async () => {
      expect(await talk(house, bytes)).to.match(want);
      await isAlive();
    });
  }

  for (const depth of [1_000, 3_000, 10_000, 30_000]) {
    for (const [opening, closing] of [
      ['[', ''],
      ['[', ']'],
      ['{"a":', ''],
    ] as const) {
      it(`${depth} times ${opening} ${closing} in a body is a bad request`, async () => {
        const deep = opening.repeat(depth) + (closing === '' ? '' : closing.repeat(depth));
        for (const [method, where] of [
          ['POST', '/api/v1/hosts'],
          ['POST', '/final-ignition-config.json'],
          ['PUT', '/admin/host/ser1/set_state'],
          ['PUT', '/admin/host/ser1/boot_complete'],
          ['POST', '/api/v1/simulations'],
        ] as const)
          for (const body of [deep, `{"serial":${deep}}`, `{"profile":${deep}}`]) {
            const { status } = await fetch(house.url + where, {
              method,
              body,
              headers: { 'Content-Type': 'application/json' },
            });
            expect(status, where).to.be.within(400, 499);
          }
      });
    }
  }

  it('a chunked body ends when it is too long', async () => {
    const chunk = `8000\r\n${'x'.repeat(0x8000)}\r\n`;
    const head = 'POST /final-ignition-config.json HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(await talk(house, head + chunk.repeat(4))).to.match(/^HTTP\/1\.1 413 /);
  });

  it('the Host header does not find its way into URLs', async () => {
    const answer = await talk(
      house,
      'GET /ipxe?serial=h1 HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
    );
    expect(answer).to.include('http://10.75.0.1:4080/').and.not.include('evil');
  });

  it('no answer tells of paths on the server or where in the code it failed', async () => {
    for (const where of ['/%', '/images/nothing', '/api/v1/hosts/%ff', '/ipxe', '/admin/x']) {
      const text = await (await fetch(house.url + where)).text();
      expect(text).not.to.match(/node_modules|\.js:\d|\/tmp\/|\/work\/|\n +at /);
    }
  });
});
