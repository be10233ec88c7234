import { createServer, type AddressInfo } from 'node:net';
import { expect } from 'chai';
import { ApiClient } from '../../../src/api/client.js';
import { ApiProblem, ServerUnreachable, UnexpectedAnswer } from '../../../src/api/errors.js';
import { hostStates } from '../../../src/host/lifecycle.js';
import { stateNames } from '../../../src/api/state-names.js';
import { apiHost, FakeImago, problem } from './fake-imago.js';

describe('api/client', () => {
  let imago: FakeImago;
  let api: ApiClient;

  beforeEach(async () => {
    imago = await FakeImago.start([apiHost({ serial: 'abc1', address: '10.75.0.20' })]);
    api = new ApiClient({ baseUrl: `${imago.url}/`, operator: 'ada@desk' });
  });
  afterEach(() => imago.stop());

  it('knows the same states as the life cycle', () => {
    expect(stateNames).to.deep.equal(hostStates);
  });

  it('gets hosts, one host, history, leases and version', async () => {
    const entry = {
      commit: 'a'.repeat(40),
      time: '2026-11-21T02:00:00.000Z',
      author: 'abc1',
      what: 'host created',
    };
    imago.history = [entry];
    const lease = { address: '10.75.0.100', mac: '52:54:00:00:00:01', state: 'bound', expires: entry.time };
    imago.leases = [lease];
    expect((await api.hosts()).map(({ serial }) => serial)).to.deep.equal(['abc1']);
    expect(await api.host('abc1')).to.include({ serial: 'abc1', address: '10.75.0.20', state: 'running' });
    expect(await api.history('abc1')).to.deep.equal([entry]);
    expect(await api.leases()).to.deep.equal([lease]);
    expect(await api.version()).to.deep.equal({ version: '9.8.7', node: 'v20.0.0' });
  });

  it('commands a state in the operator’s name', async () => {
    expect(await api.setState('abc1', 'configured')).to.include({ state: 'configured' });
    expect(imago.seen).to.deep.equal([
      {
        method: 'POST',
        path: '/api/v1/hosts/abc1/state',
        operator: 'ada@desk',
        body: '{"state":"configured"}',
      },
    ]);
  });

  it('keeps a serial inside its path segment, and an operator inside his header', async () => {
    const odd = new ApiClient({ baseUrl: imago.url, operator: 'Ada\r\nX-Evil: 1 ž' });
    await odd.host('../a b/c').catch(() => undefined);
    expect(imago.seen[0]).to.include({ path: '/api/v1/hosts/..%2Fa%20b%2Fc', operator: 'Ada-X-Evil:-1-' });
  });

  it('ignores what a newer server tells besides', async () => {
    imago.override = (_, response) =>
      response.end(JSON.stringify({ ...apiHost({ serial: 'x' }), moon: 'full' }));
    expect(await api.host('x')).to.deep.equal(apiHost({ serial: 'x' }));
  });

  it('rejects with the server’s sentence, code and facts when it refuses', async () => {
    imago.override = (_, response) => {
      const { answer } = problem(409, 'ILLEGAL_TRANSITION', 'it cannot: set it so', {
        from: 'unknown',
        deep: {},
      });
      response.writeHead(409).end(JSON.stringify(answer));
    };
    const error = await failure(api.setState('abc1', 'running'));
    expect(error).to.be.instanceOf(ApiProblem);
    expect(error).to.include({ code: 'ILLEGAL_TRANSITION', status: 409, message: 'it cannot: set it so' });
    expect(Reflect.get(error, 'facts')).to.deep.equal({ status: 409, from: 'unknown' });
  });

  for (const { name, status, body, says } of [
    { name: 'a page of somebody else', status: 200, body: '<html>', says: 'status 200, not JSON' },
    { name: 'an error page of somebody else', status: 502, body: '<html>', says: 'status 502, not JSON' },
    { name: 'an error that is no problem', status: 500, body: '{"oops":1}', says: 'status 500' },
    { name: 'hosts of another shape', status: 200, body: '{"hosts":[{"serial":1}]}', says: 'hosts.0.serial' },
  ]) {
    it(`does not take ${name} for imago`, async () => {
      imago.override = (_, response) => response.writeHead(status).end(body);
      const error = await failure(api.hosts());
      expect(error).to.be.instanceOf(UnexpectedAnswer);
      expect(error.message).to.contain(says).and.to.contain('--host/--port');
    });
  }

  it('says where nobody listens and what to set', async () => {
    const closed = await freePort();
    const error = await failure(new ApiClient({ baseUrl: `http://127.0.0.1:${closed}` }).hosts());
    expect(error).to.be.instanceOf(ServerUnreachable);
    expect(error.message).to.equal(
      `no imago answers at http://127.0.0.1:${closed} (connection refused): is the daemon running? ` +
        'set --host/--port or IMAGO_HOST/IMAGO_PORT',
    );
    const secure = await failure(new ApiClient({ baseUrl: `https://127.0.0.1:${closed}` }).hosts());
    expect(secure.message).to.match(
      /; where listeners\.admin is trusted, it speaks plain HTTP: --no-tls \(IMAGO_NO_TLS\)$/,
    );
  });

  it('gives up on a server that does not answer in time', async () => {
    imago.override = () => undefined;
    const error = await failure(new ApiClient({ baseUrl: imago.url, timeoutMs: 20 }).hosts());
    expect(error).to.be.instanceOf(ServerUnreachable);
    expect(error.message).to.contain('no answer within 0.02 s');
  });

  it('gives up on a server that hangs up', async () => {
    imago.override = (request) => request.socket.destroy();
    const error = await failure(api.hosts());
    expect(error).to.be.instanceOf(ServerUnreachable);
    expect(error.message).to.match(/connection (was closed|reset)/);
  });
});

async function failure(call: Promise<unknown>): Promise<Error> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it did not fail');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
