import { once } from 'node:events';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { Agent, request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect, type ConnectionOptions, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { pino } from 'pino';
import { parseConfig } from '../../../src/config/parse-config.js';
import { connectionLimits, type ConnectionLimits } from '../../../src/http/connection-limits.js';
import { listen, type ListeningServer } from '../../../src/http/listening-server.js';
import { Traffic } from '../../../src/http/traffic.js';
import { makeCa, makeServer } from '../../../src/tls/make-certificates.js';
import { validityOf, validityOfServer } from '../../../src/tls/validity.js';
import { houseConfig } from '../../support/http-house.js';

const limits = parseConfig(houseConfig, 'house.yaml').limits.http;

describe('HTTPS for operators', () => {
  let ca: string;
  let pairs: readonly SecureContextOptions[];
  let shown: SecureContextOptions;
  let server: ListeningServer;
  let reached: string[];
  let failed: string[];
  let traffic: Traffic;
  let connections: number;
  let isKnown: boolean;

  before(async () => {
    const made = await makeCa('boot', new Date());
    ca = made.certificate;
    const signing = { key: createPrivateKey(made.key), certificate: ca };
    const validity = validityOfServer(new Date(), validityOf(new X509Certificate(ca)));
    const names = { addresses: ['127.0.0.1'], names: ['localhost'] };
    const all = await Promise.all([1, 2].map(() => makeServer(signing, names, validity)));
    pairs = all.map(({ key, certificate }) => ({ key, cert: certificate }));
  });
  beforeEach(async () => {
    shown = pairs[0]!;
    reached = [];
    failed = [];
    connections = 100;
    isKnown = false;
    traffic = new Traffic({
      limits: () => ({ ...limits, connections, connectionsPerAddress: 4 }),
      isKnown: () => isKnown,
      cardAt: () => 'off-link' as const,
      reach: (limit) => void reached.push(limit),
      now: () => 0,
    });
    await open(connectionLimits);
  });
  afterEach(() => server.close());

  const open = async (bounds: ConnectionLimits) => {
    server = await listen(
      {
        audience: 'operators',
        address: '127.0.0.1',
        port: 0,
        isOverTls: true,
        setting: 'listeners.admin.port',
      },
      (asked, response) => void response.end(`${asked.client.address} asks ${asked.url}`),
      {
        logger: pino({ level: 'silent' }),
        traffic,
        limits: bounds,
        tls: {
          certificates: { current: () => shown, asksCallers: false },
          notSecured: (reason) => void failed.push(reason),
        },
      },
    );
  };

  const secured = async (options: ConnectionOptions & { readonly localAddress?: string } = {}) => {
    const socket = connect({ port: server.port, host: '127.0.0.1', ca, ...options });
    await once(socket, 'secureConnect');
    return socket;
  };
  const failure = async (options: ConnectionOptions) =>
    secured(options).then(
      () => 'it was let in',
      (error: Error & { code: string }) => error.code,
    );
  const ask = async (agent: Agent, path: string) => {
    const asking = request({ port: server.port, host: '127.0.0.1', path, agent, ca });
    asking.end();
    const [response] = (await once(asking, 'response')) as [NodeJS.ReadableStream];
    return text(response);
  };
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
  };

  it('answers as HTTP does', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await ask(agent, '/a')).to.equal('127.0.0.1 asks /a');
    expect(await ask(agent, '/b')).to.equal('127.0.0.1 asks /b');
    agent.destroy();
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`speaks ${version}`, async () => {
      const socket = await secured({ minVersion: version, maxVersion: version });
      expect(socket.getProtocol()).to.equal(version);
      expect(socket.authorized).to.equal(true);
      socket.destroy();
    });
  }

  it('speaks nothing older, and counts who tries', async () => {
    const code = await failure({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' });
    expect(code).to.equal('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
    expect(failed).to.deep.equal(['protocol']);
  });

  it('takes no cipher without forward secrecy', async () => {
    const code = await failure({ maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' });
    expect(code).to.match(/HANDSHAKE_FAILURE/);
    expect(failed).to.deep.equal(['protocol']);
  });

  it('counts who ends the connection before anything is asked', async () => {
    expect(await failure({ ca: [] })).to.equal('SELF_SIGNED_CERT_IN_CHAIN');
    await until(() => failed.length === 1);
    expect(failed).to.deep.equal(['tls']);
  });

  it('counts who speaks plain HTTP, and closes the connection', async () => {
    const socket = connectPlain(server.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
    expect(failed).to.deep.equal(['plain-http']);
  });

  it('shows another certificate from the next connection on; one that is open goes on', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await ask(agent, '/a');
    const first = await secured();
    shown = pairs[1]!;
    const second = await secured();
    expect(second.getPeerCertificate().fingerprint256).to.not.equal(
      first.getPeerCertificate().fingerprint256,
    );
    expect(await ask(agent, '/b')).to.equal('127.0.0.1 asks /b');
    first.write('GET /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(await text(first)).to.match(/127.0.0.1 asks \/c$/);
    agent.destroy();
    second.destroy();
  });

  it('shows the whole chain, so that one may see whom to trust', async () => {
    const socket = await secured();
    const { issuerCertificate } = socket.getPeerCertificate(true);
    expect(issuerCertificate.fingerprint256).to.equal(new X509Certificate(ca).fingerprint256);
    socket.destroy();
  });

  it('bounds the connections of an address as HTTP does', async () => {
    const sockets: TLSSocket[] = [];
    for (let count = 0; count < 5; count += 1) sockets.push(await secured());
    await until(() => sockets[0]!.closed);
    expect(reached).to.deep.equal(['http-connections-per-address']);
    for (const socket of sockets) socket.destroy();
  });

  it('bounds all connections further: TLS takes memory', async () => {
    await server.close();
    await open({ ...connectionLimits, mostOverTls: 1 });
    const first = await secured();
    const second = await secured();
    await until(() => first.closed);
    expect(reached).to.deep.equal(['http-connections']);
    second.destroy();
  });

  it('lets no machine go before operators: what is known of it counts for nothing here', async () => {
    isKnown = true;
    const machine = await secured({ localAddress: '127.0.0.2' });
    connections = 1;
    const operator = await secured({ localAddress: '127.0.0.3' });
    await until(() => machine.closed);
    expect(reached).to.deep.equal(['http-connections']);
    operator.write('GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(await text(operator)).to.match(/127.0.0.3 asks \/a$/);
  });

  it('ends at once, whoever is at his handshake', async () => {
    const socket = connectPlain(server.port, '127.0.0.1');
    await once(socket, 'connect');
    const closed = once(socket.resume(), 'close');
    await new Promise((resolve) => setImmediate(resolve));
    await server.close();
    await closed;
  });

  it('does not make the handshake again on one connection, and closes it', async () => {
    const socket = await secured({ maxVersion: 'TLSv1.2' });
    const [error] = (await Promise.race([
      new Promise((resolve) => socket.renegotiate({}, (fault) => resolve([fault]))),
      once(socket, 'error'),
    ])) as [Error];
    expect(error).to.be.instanceOf(Error);
    if (!socket.closed) await once(socket.resume(), 'close');
  });
});
