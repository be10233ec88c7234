import { expect } from 'chai';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';

const serial = parseSerial('ser1');

describe('a locked machine', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse({
      config: `${houseConfig}\npower: { driver: ipmi, networks: [10.76.0.0/24], user: admin, password: { variable: BMC } }\n`,
      environment: { BMC: 'secret' },
      store: new InMemoryHostStore([
        { ...newHost(serial), state: 'running', ipmiAddress: '10.76.0.1', profile: 'default' },
      ]),
      now: () => new Date('2026-11-29T10:00:00Z'),
    });
    const answer = await call('PUT', '/api/v1/hosts/ser1/lock', { reason: 'holds the only copy' });
    expect(answer.status).to.equal(200);
  });
  afterEach(() => house.close());

  const call = (method: string, path: string, body?: unknown) =>
    fetch(house.url + path, {
      method,
      headers: { 'content-type': 'application/json', 'X-Imago-Operator': 'anna' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const host = () => house.store.host(serial);
  const commits = () => house.store.recorded.map(({ what }) => what);

  for (const [method, path, body] of [
    ['POST', '/api/v1/hosts/ser1/state', { state: 'configured' }],
    ['PATCH', '/api/v1/hosts/ser1', { overrides: { color: 'red' } }],
    ['PATCH', '/api/v1/hosts/ser1', { profile: 'core' }],
    ['DELETE', '/api/v1/hosts/ser1', undefined],
    ['POST', '/api/v1/hosts/ser1/power', { action: 'cycle' }],
    ['POST', '/api/v1/hosts/ser1/boot-device', { device: 'pxe' }],
    ['PUT', '/api/v1/hosts/ser1/lock', { reason: 'mine' }],
    ['PUT', '/admin/host/ser1/set_state', { State: 'configured' }],
    ['PUT', '/admin/host/ser1/mark_fresh', undefined],
    ['PUT', '/admin/host/ser1/override', { Overrides: { color: 'red' } }],
    ['PUT', '/admin/host/ser1/set_cabinet', { Cabinet: 3 }],
  ] as const)
    it(`refuses ${method} ${path} ${JSON.stringify(body) ?? ''}, with who and why`, async () => {
      const answer = await call(method, path, body);
      expect(answer.status).to.equal(423);
      expect(await answer.text()).to.include(
        'ser1 is locked by claimed:anna since 2026-11-29T10:00:00.000Z: holds the only copy; imagoctl unlock ser1 first',
      );
      expect(host()?.state).to.equal('running');
      expect(commits()).to.deep.equal(['locked: holds the only copy']);
    });

  it('shows its lock, and reports as ever', async () => {
    const answer = await call('GET', '/api/v1/hosts/ser1');
    expect(((await answer.json()) as { lock: unknown }).lock).to.deep.equal({
      by: 'claimed:anna',
      reason: 'holds the only copy',
      since: '2026-11-29T10:00:00.000Z',
    });
    expect((await call('PUT', '/admin/host/ser1/boot_complete', { DockerVersion: '28' })).status).to.equal(
      202,
    );
    expect(host()?.versions).to.deep.equal({ docker: '28' });
  });

  it('is changed again once it is unlocked', async () => {
    expect((await call('DELETE', '/api/v1/hosts/ser1/lock')).status).to.equal(200);
    expect((await call('DELETE', '/api/v1/hosts/ser1/lock')).status).to.equal(200);
    expect((await call('PATCH', '/api/v1/hosts/ser1', { cabinet: 3 })).status).to.equal(200);
    expect(commits()).to.deep.equal(['locked: holds the only copy', 'unlocked', 'updated host cabinet']);
  });

  it('needs a reason', async () => {
    expect((await call('PUT', '/api/v1/hosts/ser1/lock', { reason: ' ' })).status).to.equal(400);
  });
});
