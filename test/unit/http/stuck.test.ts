import { expect } from 'chai';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';
import { imagoctl } from '../../support/run-imagoctl.js';

const serial = parseSerial('ser0001');

describe('a stuck machine', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse({
      config: `${houseConfig}\nevents: { stuck: { bootLoop: { boots: 3 } } }\n`,
      store: new InMemoryHostStore([newHost(serial, { state: 'installing', profile: 'core' })]),
    });
  });
  afterEach(() => house.close());

  const get = async (path: string) => (await fetch(`${house.url}${path}`)).text();
  const run = (...argv: string[]) =>
    imagoctl(argv, { IMAGO_HOST: '127.0.0.1', IMAGO_PORT: new URL(house.url).port });

  it('that boots in a loop is shown in the list, its status, the metrics and the events', async () => {
    expect(await get('/metrics')).to.contain('imago_stuck_hosts{reason="boot-loop"} 0');
    for (let boot = 0; boot < 3; boot += 1) await get('/ipxe?serial=ser0001');
    const host = JSON.parse(await get('/api/v1/hosts/ser0001'));
    expect(host.stuck).to.include({ reason: 'boot-loop', retries: 0 });
    expect(await get('/metrics')).to.contain('imago_stuck_hosts{reason="boot-loop"} 1');
    const { events } = JSON.parse(await get('/api/v1/events'));
    expect(events.at(-1)).to.include({
      kind: 'stuck',
      code: 'stuck',
      serial: 'ser0001',
      state: 'installing',
    });
    expect((await run('list', '--fields', 'serial,stuck', '--no-legend')).stdout).to.equal(
      'ser0001  boot-loop\n',
    );
    expect((await run('status', 'ser0001')).stdout).to.match(/Stuck: +boot-loop: it booted 3 times/);
    expect((await run('events')).stdout).to.contain('stuck: it booted 3 times');
  });

  it('that failed its first stage is too, until it starts again', async () => {
    const report = (phase: string, body: string) =>
      fetch(`${house.url}/report/ser0001/${phase}`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'text/plain' },
      });
    await report('failed', 'no disk fits');
    expect(JSON.parse(await get('/api/v1/hosts/ser0001')).stuck.detail).to.equal(
      'its installer failed: no disk fits',
    );
    await report('started', '');
    expect(JSON.parse(await get('/api/v1/hosts/ser0001'))).not.to.have.property('stuck');
  });
});
