import { request, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import type { Endpoint } from '../../../src/api/endpoint.js';
import { endpoints } from '../../../src/api/endpoints.js';
import { otherEndpoints } from '../../../src/api/other-endpoints.js';
import { mayuEndpoints } from '../../../src/dialects/mayu/mayu-dialect.js';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { openHouse, type House } from '../../support/http-house.js';

/** As a browser sends it: fetch of Node refuses to set some of these. */
async function ask(url: string, method: string, headers: Record<string, string>, body = '') {
  const answer = await new Promise<{ status: number; headers: IncomingHttpHeaders; said: Promise<string> }>(
    (resolve, reject) => {
      const asked = request(url, { method, headers, agent: false }, (response) =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, said: text(response) }),
      );
      asked.once('error', reject).end(body);
    },
  );
  return { ...answer, said: await answer.said };
}

describe('A4: a web page that an operator happens to open', () => {
  let house: House;
  beforeEach(async () => {
    const running = { ...newHost(parseSerial('ser1')), state: 'running' as const };
    house = await openHouse({ store: new InMemoryHostStore([running]) });
  });
  afterEach(() => house.close());

  for (const { what, method, path, headers, body, status } of [
    {
      what: 'cannot order a machine to be installed again',
      method: 'POST',
      path: '/api/v1/hosts/ser1/state',
      headers: { 'content-type': 'text/plain;charset=UTF-8', origin: 'http://evil.example' },
      body: '{"state":"configured"}',
      status: 403,
    },
    {
      what: 'cannot either where its browser tells no origin',
      method: 'POST',
      path: '/api/v1/hosts/ser1/state',
      headers: { 'content-type': 'text/plain' },
      body: '{"state":"configured"}',
      status: 415,
    },
    {
      what: 'cannot have the configuration taken up anew',
      method: 'POST',
      path: '/api/v1/reload',
      headers: { origin: 'null' },
      status: 403,
    },
    {
      what: 'reads nothing through a name of its own',
      method: 'GET',
      path: '/api/v1/hosts',
      headers: { host: 'evil.example' },
      status: 421,
    },
    {
      what: 'reads nothing of Mayu’s calls either',
      method: 'GET',
      path: '/admin/hosts',
      headers: { host: 'evil.example' },
      status: 421,
    },
  ]) {
    for (const listener of ['url', 'operatorUrl'] as const)
      it(`${what} (${listener})`, async () => {
        const answer = await ask(house[listener] + path, method, headers, body);
        expect(answer.status, answer.said).to.equal(status);
        expect([...house.store.hosts()][0]?.state).to.equal('running');
      });
  }

  const calls = [endpoints, otherEndpoints, mayuEndpoints].flatMap((table) => Object.values<Endpoint>(table));
  const below = (path: string) => path.replace(/[:*]\w+/g, 'ser1').replace('{/}', '');
  const commands = calls.filter(({ role }) => role === 'operator');

  it('gets no leave to send any call that takes leave (CORS), of operators or machines', async () => {
    for (const { method, path } of calls) {
      const preflight = {
        origin: 'http://evil.example',
        'access-control-request-method': method,
        'access-control-request-headers': 'content-type,x-imago-request,authorization',
      };
      const { headers } = await ask(house.url + below(path), 'OPTIONS', preflight);
      expect(
        Object.keys(headers).filter((name) => name.startsWith('access-control-')),
        path,
      ).to.deep.equal([]);
    }
  });

  for (const { what, headers, status } of [
    {
      what: 'as fetch sends it',
      headers: { origin: 'http://evil.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
      status: 403,
    },
    {
      what: 'as a form',
      headers: { origin: 'null', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
      status: 403,
    },
    { what: 'of an older browser', headers: { origin: 'http://evil.example' }, status: 403 },
    {
      what: 'of a name that was bound to this address',
      headers: { host: 'evil.example', origin: 'http://evil.example', 'sec-fetch-site': 'same-origin' },
      status: 421,
    },
  ]) {
    it(`can send none of operators’ calls ${what}`, async () => {
      for (const { method, path } of commands) {
        const body = method === 'GET' || method === 'DELETE' ? '' : '{"state":"configured"}';
        const typed = body === '' ? headers : { ...headers, 'content-type': 'text/plain;charset=UTF-8' };
        const answer = await ask(house.url + below(path), method, typed, body);
        expect(answer.status, `${method} ${path}`).to.equal(status);
      }
      expect([...house.store.hosts()][0]?.state).to.equal('running');
    });
  }

  it('changes nothing by a cookie that its browser sends along', async () => {
    const headers = { cookie: 'session=x', 'content-type': 'application/json', host: '127.0.0.1' };
    const order = [`${house.operatorUrl}/api/v1/hosts/ser1/state`, 'POST'] as const;
    expect((await ask(...order, headers, '{"state":"configured"}')).status).to.equal(403);
    expect([...house.store.hosts()][0]?.state).to.equal('running');
    expect(
      (await ask(...order, { ...headers, 'x-imago-request': '1' }, '{"state":"configured"}')).status,
    ).to.equal(200);
  });

  it('is not in the way of machines, whatever name they have for this server', async () => {
    expect((await ask(`${house.url}/boot.ipxe`, 'GET', { host: 'boot.example' })).status).to.equal(200);
  });
});
