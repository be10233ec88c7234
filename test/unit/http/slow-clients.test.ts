import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { expect } from 'chai';
import { pino } from 'pino';
import { connectionLimits } from '../../../src/http/connection-limits.js';
import { listen, type ListeningServer } from '../../../src/http/listening-server.js';
import { text } from 'node:stream/consumers';
import { parseConfig } from '../../../src/config/parse-config.js';
import { Traffic } from '../../../src/http/traffic.js';
import { houseConfig } from '../../support/http-house.js';

const impatient = {
  ...connectionLimits,
  headersTimeout: 100,
  requestTimeout: 100,
  idleTimeout: 300,
  connectionsCheckingInterval: 20,
  drainTimeout: 100,
};

const limits = parseConfig(houseConfig, 'house.yaml').limits.http;
const traffic = new Traffic({
  limits: () => limits,
  isKnown: () => false,
  cardAt: () => 'off-link' as const,
  reach: () => undefined,
  now: () => performance.now(),
});

describe('slow clients', () => {
  let server: ListeningServer;
  beforeEach(async () => {
    server = await listen(
      { audience: 'both', address: '127.0.0.1', port: 0, setting: 'listeners.http.port' },
      (request, response) =>
        text(request).then(
          (body) => void response.end(`got ${body.length}`),
          () => void response.destroy(),
        ),
      { logger: pino({ level: 'silent' }), traffic, limits: impatient },
    );
  });
  afterEach(() => server.close());

  /** Sends this, then keeps silent; what the server says until it ends the connection. */
  async function silent(bytes: string): Promise<string> {
    const socket: Socket = connect(server.port, '127.0.0.1');
    let said = '';
    socket.on('data', (chunk) => (said += chunk.toString()));
    socket.write(bytes);
    await once(socket, 'close');
    return said;
  }

  const cases = [
    {
      name: 'who never ends his headers',
      bytes: 'GET / HTTP/1.1\r\nHost: x\r\nX-',
      want: /^HTTP\/1\.1 408 /,
    },
    { name: 'who never ends the request line', bytes: 'GET /', want: /^HTTP\/1\.1 408 / },
    {
      name: 'who never ends his body',
      bytes: 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc',
      want: /^HTTP\/1\.1 408 /,
    },
    { name: 'who says nothing at all', bytes: '', want: /^(HTTP\/1\.1 408 [^]*)?$/ },
  ];
  for (const { name, bytes, want } of cases) {
    it(`are let go: one ${name}`, async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => silent(bytes)));
      for (const answer of answers) expect(answer).to.match(want);
    });
  }

  it('do not keep others waiting', async () => {
    const slow = Array.from({ length: 200 }, () => silent('GET / HTTP/1.1\r\nHost: x\r\nX-'));
    const answer = await fetch(`http://127.0.0.1:${server.port}/`);
    expect(await answer.text()).to.equal('got 0');
    await Promise.all(slow);
  });

  it('do not keep imago from stopping', async () => {
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n');
    const ended = once(socket, 'close');
    await server.close();
    await ended;
  });
});
