import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ApiClient } from '../../../src/api/client.js';
import { ServerUnreachable } from '../../../src/api/errors.js';
import { logInElsewhere } from '../../../src/cli/log-in-elsewhere.js';
import { CertificateAuthority } from '../../support/certificates.js';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';
import { OidcProvider } from '../../support/oidc-provider.js';
import { rejection } from '../../support/rejection.js';
import { spawnImagoctl } from '../../support/run-imagoctl.js';

const configOf = (issuer: string) => `${houseConfig}
operators:
  oidc: { issuer: '${issuer}', clientId: imago, clientSecret: { variable: S }, roles: [{ claim: groups, value: racks, role: operator }] }
`;

describe('imagoctl login --oidc', function () {
  this.timeout(30_000);
  let provider: OidcProvider;
  let house: House;
  before(async () => {
    provider = await OidcProvider.start();
    house = await openHouse({
      config: configOf(provider.issuer),
      environment: { S: 'client-secret' },
    });
  });
  after(async () => {
    await house.close();
    await provider.close();
  });

  const api = () => new ApiClient({ baseUrl: house.provenUrl, operator: '' });

  it('waits until somebody has agreed, and has the token', async () => {
    const pauses: number[] = [];
    let userCode = '';
    const token = await logInElsewhere({
      api: api(),
      tell: (begun) => void (userCode = begun.userCode),
      pause: async (milliseconds) => {
        if (pauses.push(milliseconds) === 2) provider.agree(userCode);
        await new Promise((resolve) => setImmediate(resolve));
      },
    });
    expect(pauses[0]).to.equal(1000);
    expect(pauses.length).to.be.at.least(2);
    const headers = { authorization: `Bearer ${token}` };
    const me = await fetch(`${house.provenUrl}/api/v1/whoami`, { headers });
    expect(await me.json()).to.include({ name: 'ada', role: 'operator', by: 'token' });
  });

  it('ends with what the provider says where somebody refuses', async () => {
    const failure = await rejection(
      logInElsewhere({
        api: api(),
        tell: ({ userCode }) => provider.agree(userCode, 'denied'),
        pause: () => new Promise((resolve) => setImmediate(resolve)),
      }),
    );
    expect(failure.message).to.contain("the provider says 'access_denied'");
  });

  it('goes on where imago does not answer for a while', async () => {
    const begun = {
      id: 'x',
      url: 'https://id/',
      userCode: 'AB',
      interval: 5,
      expires: '2027-01-01T00:00:00Z',
    };
    let asked = 0;
    const token = await logInElsewhere({
      api: {
        beginLogin: () => Promise.resolve(begun),
        loginState: () =>
          (asked += 1) < 3
            ? Promise.reject(new ServerUnreachable('https://imago', 'connection refused'))
            : Promise.resolve({
                status: 'done',
                token: 't',
                name: 'ada',
                role: 'viewer',
                expires: begun.expires,
              }),
      },
      tell: () => undefined,
      pause: () => Promise.resolve(),
    });
    expect([token, asked]).to.deep.equal(['t', 3]);
  });

  it('keeps the token, and shows where to agree, nothing else', async () => {
    const authority = CertificateAuthority.create('imago CA');
    const folder = mkdtempSync(join(tmpdir(), 'login-oidc-'));
    const { certificate, key } = authority.server();
    // TLS before the house, which speaks plain HTTP in tests.
    const server: Server = createServer(
      { cert: readFileSync(certificate), key: readFileSync(key) },
      (request, response) => void pass(request, response),
    );
    const pass = async ({ method = 'GET', url = '', headers }: IncomingMessage, response: ServerResponse) => {
      const { authorization } = headers;
      const answer = await fetch(house.provenUrl + url, {
        method,
        headers: authorization === undefined ? {} : { authorization },
      });
      const text = await answer.text();
      const { userCode } = JSON.parse(text) as { userCode?: string };
      if (userCode !== undefined) provider.agree(userCode);
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
    };
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const { stdout, stderr, code } = await spawnImagoctl(
        ['login', '--oidc', '--ca', authority.certificate],
        {
          environment: {
            XDG_CONFIG_HOME: folder,
            IMAGO_NO_TLS: '',
            IMAGO_HOST: '127.0.0.1',
            IMAGO_PORT: `${port}`,
          },
          input: '',
        },
      );
      expect(stdout, stderr).to.match(/: ada is operator, by token, until /);
      expect(code).to.equal(0);
      expect(stderr).to.match(
        /^Open http:\/\/127\.0\.0\.1:\d+\/activate in a browser, and see that it shows the code [0-9A-F]{8},/,
      );
      const kept = readFileSync(join(folder, 'imago/credentials.json'), 'utf8');
      const [, token = ''] = /"token": "(imago_[^"]+)"/.exec(kept) ?? [];
      expect(token).to.match(/^imago_[0-9a-f]{12}_[0-9a-f]{40}$/);
      expect(stdout + stderr).to.not.contain(token);
    } finally {
      server.closeAllConnections();
      server.close();
      authority.remove();
      rmSync(folder, { recursive: true });
    }
  });
});
