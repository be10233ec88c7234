import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { openHouse, type House } from '../../support/http-house.js';

/** As a browser sends it: fetch of Node refuses to set some of these. */
async function ask(url: string, method: string, headers: Record<string, string>, body = '') {
  const answer = await new Promise<{ status: number; said: Promise<string> }>((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false }, (response) =>
      resolve({ status: response.statusCode ?? 0, said: text(response) }),
    );
    asked.once('error', reject).end(body);
  });
  return { status: answer.status, said: await answer.said };
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

  it('is not in the way of machines, whatever name they have for this server', async () => {
    expect((await ask(`${house.url}/boot.ipxe`, 'GET', { host: 'boot.example' })).status).to.equal(200);
  });
});
