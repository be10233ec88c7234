import { once } from 'node:events';
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { houseConfig, openHouse, type House, type HouseOptions } from '../../support/http-house.js';

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** As a machine at that address asks: one that is not the server. */
async function ask(url: string, from: string, body?: string): Promise<Answer> {
  const method = body === undefined ? 'GET' : 'POST';
  const asked = request(url, { localAddress: from, method, agent: false }).end(body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

const STRANGER = '127.0.0.2';
const report = (serial: string) => JSON.stringify({ Serial: serial, NetDevs: [] });

describe('new hosts over HTTP', () => {
  let house: House;
  const open = async (settings: string, more: HouseOptions = {}) => {
    house = await openHouse({ ...more, config: `${houseConfig}newHosts: ${settings}\n` });
  };
  afterEach(() => house.close());

  const serials = () => [...house.store.hosts()].map(({ serial }) => serial);
  const refusals = async () =>
    [
      ...(await (await fetch(`${house.url}/metrics`)).text()).matchAll(
        /^imago_machines_turned_away_total\{reason="(\w+)"\} (\d+)$/gm,
      ),
    ].map(([, reason, count]) => `${reason} ${count}`);

  /** Every way in, with a serial that nobody knows. */
  const ways: { path: string; call: (serial: string) => Promise<Answer>; status: number }[] = [
    {
      path: '/ipxe',
      call: (serial) => ask(`${house.url}/ipxe?serial=${serial}`, STRANGER),
      // iPXE shows no body of a refusal: the machine is told in a script that waits.
      status: 200,
    },
    ...['/first-stage-script/', '/ignition/', '/ignition/'].map((path, index) => ({
      path: path + (index === 2 ? 'SERIAL/installer' : ''),
      call: (serial: string) =>
        ask(`${house.url}${path}${serial}${index === 2 ? '/installer' : ''}`, STRANGER),
      status: 429,
    })),
    ...['/final-ignition-config.json', '/final-cloud-config.yaml'].map((path) => ({
      path,
      call: (serial: string) => ask(house.url + path, STRANGER, report(serial)),
      status: 429,
    })),
  ];
  for (const { path, call, status } of ways) {
    it(`does not take up another one by ${path} than one client may bring`, async () => {
      const direct = houseConfig.replace('osVersion: v1 }', 'osVersion: v1, mode: direct-ignition }');
      house = await openHouse({
        config: `${path.startsWith('/ignition') ? direct : houseConfig}newHosts: { perAddressPerHour: 1, requireLease: false }\n`,
      });
      await ask(`${house.url}/ipxe?serial=first1`, STRANGER);
      const before = house.store.recorded.length;
      const refused = await call('second2');
      expect(refused.status).to.equal(status);
      expect(refused.body).to.include(
        `came from ${STRANGER} within an hour as newHosts.perAddressPerHour allows (1)`,
      );
      expect(refused.headers['retry-after']).to.equal(status === 429 ? '60' : undefined);
      if (status === 200) expect(refused.body).to.match(/^#!ipxe\n[^]*sleep \d+\nchain /);
      expect(serials()).to.deep.equal(['first1']);
      expect(house.store.recorded).to.have.length(before);
      expect(await refusals()).to.deep.equal(['address 1']);
    });
  }

  it('bounds what a flood makes, and serves the hosts that it knows meanwhile', async () => {
    const lines: string[] = [];
    await open('{ perAddressPerHour: 3, requireLease: false }', {
      logTo: { write: (line) => void lines.push(line) },
    });
    await fetch(`${house.url}/ipxe?serial=known1`);
    const flood = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        ask(
          index % 2
            ? `${house.url}/ipxe?serial=flood${index}`
            : `${house.url}/first-stage-script/flood${index}`,
          STRANGER,
        ),
      ),
    );
    expect(new Set(flood.map(({ status }) => status))).to.deep.equal(new Set([200, 429]));
    expect(serials()).to.have.length(4);
    for (const serial of ['known1', 'pre0001', ...serials()]) {
      expect((await ask(`${house.url}/first-stage-script/${serial}`, STRANGER)).status, serial).to.equal(200);
    }
    expect(await refusals()).to.deep.equal(['address 197']);
    const said = lines
      .map((line) => JSON.parse(line) as { level: number; code?: string })
      .filter(({ level, code }) => level >= 30 && code === 'NEW_HOST_REFUSED');
    expect(said).to.have.length(1);
    expect(said[0]).to.deep.include({ reason: 'address', from: STRANGER, limit: 3 });
  });

  it('A6: asks for a lease where imago leases, of hosts that are known as well', async () => {
    await open('{}', { leases: [{ address: '127.0.0.3', mac: '52:54:00:00:00:77' }] });
    const stage = (serial: string, from: string) => ask(`${house.url}/first-stage-script/${serial}`, from);
    const refused = await stage('new1', STRANGER);
    expect([refused.status, refused.body]).to.deep.equal([
      429,
      'newHosts.requireLease takes up no new machine from 127.0.0.2, which imago did not lease: boot it by DHCP, or add it with imagoctl',
    ]);
    expect((await stage('new1', '127.0.0.3')).status).to.equal(200);
    expect((await stage('new1', STRANGER)).status).to.equal(409);
    expect((await stage('pre0001', STRANGER)).status).to.equal(409);
    expect(await refusals()).to.deep.equal(['lease 1', 'card 2']);
  });
});
