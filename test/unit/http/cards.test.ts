import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { knownHostsOf } from '../../../src/daemon/dhcp-settings.js';
import { newHost, type Host } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { houseConfig, openHouse, type House, type HouseOptions } from '../../support/http-house.js';

const VICTIM = { address: '127.0.0.11', mac: '52:54:00:00:00:0a' };
const THIEF = { address: '127.0.0.66', mac: '52:54:00:00:00:66' };
const OTHER_NIC = { address: '127.0.0.12', mac: '52:54:00:00:00:0b' };
/** Nobody leased it. */
const SQUATTER = '127.0.0.99';

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

describe('who a machine is, by its lease', () => {
  let house: House;
  const open = async (hosts: readonly Host[] = [], config = houseConfig, more: HouseOptions = {}) => {
    house = await openHouse({
      ...more,
      config,
      store: new InMemoryHostStore(hosts, 'defaulttoken'),
      leases: [VICTIM, THIEF, OTHER_NIC],
    });
  };
  afterEach(() => house.close());

  const ask = async (path: string, from: string, method = 'GET', body?: string): Promise<Answer> => {
    const asked = request(house.url + path, { localAddress: from, method, agent: false }).end(body);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    return { status: answer.statusCode, body: await text(answer) };
  };
  const final = (serial: string, from: string, macs: readonly string[] = [], ipmi = '') =>
    ask(
      '/final-ignition-config.json',
      from,
      'POST',
      JSON.stringify({
        Serial: serial,
        NetDevs: macs.map((mac, index) => ({ Name: `eth${index}`, MacAddress: mac })),
        IPMIAddress: ipmi,
      }),
    );
  const ipxe = (serial: string, { address, mac }: typeof VICTIM) =>
    ask(`/ipxe?serial=${serial}&mac=${mac}&platform=efi`, address);
  const host = (serial: string) => house.store.host(parseSerial(serial));
  const dhcpOf = (mac: string) =>
    knownHostsOf(house.store, { profiles: [], hosts: [] }).byMac(parseMac(mac))?.address;
  const alarms = () => house.services.provisioner.alarms().map(({ code, message }) => `${code} ${message}`);
  const metrics = async () => (await fetch(`${house.url}/metrics`)).text();

  it('A5: who reports the cards of others does not get them, whether they come before or after', async () => {
    await open();
    await ipxe('early', VICTIM);
    const address = host('early')?.internalAddress;
    await ipxe('thief', THIEF);
    const crowd = Array.from(
      { length: 254 },
      (_, index) => `52:54:00:00:01:${(index + 1).toString(16).padStart(2, '0')}`,
    );
    const taken = await final('thief', THIEF.address, [VICTIM.mac, OTHER_NIC.mac, ...crowd]);
    expect(taken.status).to.equal(200);
    expect(dhcpOf(VICTIM.mac)).to.equal(address);
    for (const mac of [OTHER_NIC.mac, ...crowd]) expect(dhcpOf(mac)).to.equal(undefined);
    expect((await ipxe('late', OTHER_NIC)).body).to.include('/images/late/vmlinuz');
    expect(host('late')?.cards).to.deep.equal([OTHER_NIC.mac]);
    expect(dhcpOf(OTHER_NIC.mac)).to.equal(host('late')?.internalAddress).and.not.equal(undefined);
    expect(host('thief')?.cards).to.deep.equal([THIEF.mac]);
  });

  it('A5: who asks in the name of another machine stands in the audit: as whom, for what, how often', async () => {
    await open();
    await ipxe('victim', VICTIM);
    await ipxe('victim', { ...THIEF, mac: VICTIM.mac });
    for (const _ of [1, 2]) await ask('/ignition/victim', THIEF.address);
    await ask('/admin/host/victim/boot_complete', THIEF.address, 'PUT', '{}');
    expect(
      house.services.audit.list(10).map(({ time: _time, until: _until, ...entry }) => entry),
    ).to.deep.equal(
      [
        { count: 1, method: 'PUT', path: '/admin/host/victim/boot_complete' },
        { count: 2, method: 'GET', path: '/ignition/victim' },
        { count: 1, method: 'GET', path: '/ipxe' },
      ].map((each) => ({ ...each, reason: 'machine-proof', address: THIEF.address, what: 'as victim' })),
    );
    expect(await metrics()).to.include('imago_refused_total{reason="machine-proof"} 4');
  });

  it('A12: nobody else gets the configuration of a host that waits, nor speaks for it; the machine itself installs', async () => {
    await open();
    await ipxe('alpha', VICTIM);
    const before = host('alpha');
    for (const from of [THIEF.address, SQUATTER]) {
      expect((await final('alpha', from, [THIEF.mac], '10.75.0.66')).status).to.equal(409);
      expect((await ask('/first-stage-script/alpha', from)).status).to.equal(409);
      expect((await ask('/admin/host/alpha/set_installed', from, 'PUT')).status).to.equal(409);
      expect((await ask('/admin/host/alpha/boot_complete', from, 'PUT', '{}')).status).to.equal(409);
      expect((await ask('/report/alpha/done', from, 'POST', 'x')).status).to.equal(409);
    }
    const waits = await ipxe('alpha', THIEF);
    expect(waits.status).to.equal(200);
    expect(waits.body)
      .to.match(/has to wait\n[^]*refused[^]*sleep 15/)
      .and.not.include('kernel');
    expect(host('alpha')).to.deep.equal(before);
    expect(alarms()[0]).to.match(
      /^CARD_REFUSED a machine at 127\.0\.0\.66 with network card 52:54:00:00:00:66 calls itself alpha: refused, for its network cards are 52:54:00:00:00:0a/,
    );
    expect(alarms()).to.have.length(2);
    expect(await metrics())
      .to.match(/^imago_machines_turned_away_total\{reason="card"\} 11$/m)
      .and.match(/^imago_alarms\{code="CARD_REFUSED"\} 1$/m);
    expect((await final('alpha', VICTIM.address, [VICTIM.mac])).status).to.equal(200);
    expect((await ask('/admin/host/alpha/set_installed', VICTIM.address, 'PUT')).status).to.equal(202);
    expect((await ask('/admin/host/alpha/boot_complete', VICTIM.address, 'PUT', '{}')).status).to.equal(202);
    expect(host('alpha')?.state).to.equal('running');
  });

  it('A7: one that goes through the names of all machines is logged once in ten seconds', async () => {
    const victims = Array.from({ length: 20 }, (_, index) =>
      newHost(parseSerial(`victim${index}`), {
        state: 'running',
        cards: [parseMac(`52:54:00:00:02:${10 + index}`)],
      }),
    );
    const lines: string[] = [];
    await open(victims, houseConfig, { logTo: { write: (line) => void lines.push(line) } });
    for (const { serial } of victims) await ipxe(serial, THIEF);
    expect(alarms()).to.have.length(20);
    expect(lines.filter((line) => /"level":50.*calls itself/.test(line))).to.have.length(1);
  });

  it('A12: the same for Ignition, and for a HEAD of it', async () => {
    await open([], houseConfig.replaceAll('osVersion: v1', 'osVersion: v1, mode: direct-ignition'));
    await ipxe('alpha', VICTIM);
    for (const path of ['/ignition/alpha', '/ignition/alpha/installer']) {
      expect((await ask(path, THIEF.address)).status).to.equal(409);
      expect((await ask(path, SQUATTER, 'HEAD')).status).to.equal(409);
    }
    expect(host('alpha')?.state).to.equal('configured');
    expect((await ask('/ignition/alpha', VICTIM.address)).status).to.equal(200);
  });

  it('A12: a machine of the configuration is who first asks by a lease', async () => {
    await open();
    expect((await ask('/first-stage-script/pre0001', SQUATTER)).status).to.equal(409);
    expect((await ask('/first-stage-script/pre0001', VICTIM.address)).status).to.equal(200);
    expect(host('pre0001')?.cards).to.deep.equal([VICTIM.mac]);
    expect((await ask('/first-stage-script/pre0001', THIEF.address)).status).to.equal(409);
  });

  it('I1: a twin with the same serial and UUID waits and is told of; another card of the machine’s own is let in', async () => {
    await open();
    const uuid = '11111111-2222-3333-4444-555555555555';
    const twin = (from: typeof VICTIM) =>
      ask(`/ipxe?serial=twin&uuid=${uuid}&mac=${from.mac}&platform=efi`, from.address);
    await twin(VICTIM);
    await final('twin', VICTIM.address, [VICTIM.mac, OTHER_NIC.mac], '10.75.0.201');
    for (const state of ['installing', 'installed', 'running']) {
      expect(host('twin')?.state).to.equal(state);
      expect((await twin(THIEF)).body).to.match(/has to wait/);
      expect((await final('twin', THIEF.address, [THIEF.mac], '10.75.0.202')).status).to.equal(409);
      expect(host('twin')).to.include({ ipmiAddress: '10.75.0.201' });
      expect(host('twin')?.macAddresses).to.deep.equal([VICTIM.mac, OTHER_NIC.mac]);
      if (state === 'installing') await ask('/admin/host/twin/set_installed', OTHER_NIC.address, 'PUT');
      else await ask('/admin/host/twin/boot_complete', OTHER_NIC.address, 'PUT');
    }
    expect(host('twin')?.cards).to.deep.equal([VICTIM.mac, OTHER_NIC.mac]);
    expect(alarms()).to.have.length(1);
  });

  it('I1: a machine boots by any of the cards that its iPXE told at first, and twins under a rule are two', async () => {
    await open([], `${houseConfig}machines: { identity: [{ product: Twin*, by: boardSerial }] }\n`);
    const nics = [VICTIM.mac, OTHER_NIC.mac].map((mac) => mac.replaceAll(':', '-')).join(',');
    const boots = (from: typeof VICTIM, board: string) =>
      ask(`/ipxe?serial=twin&product=Twin2&board=${board}&nics=${nics},,&platform=efi`, from.address);
    expect((await boots(VICTIM, 'left')).body).to.include('/images/left/vmlinuz');
    expect((await boots(OTHER_NIC, 'left')).body).to.include('/images/left/vmlinuz');
    expect((await boots(THIEF, 'right')).body).to.include('/images/right/vmlinuz');
    expect([...house.store.hosts()].map(({ serial, cards }) => [serial, cards])).to.deep.equal([
      ['left', [VICTIM.mac, OTHER_NIC.mac]],
      ['right', [THIEF.mac]],
    ]);
    expect(alarms()).to.deep.equal([]);
  });

  it('I1: a machine with a new board is let in once an operator lets go of the old cards', async () => {
    const running = newHost(parseSerial('alpha'), {
      state: 'running',
      profile: 'default',
      internalAddress: parseIpv4('10.75.0.20'),
      cards: [parseMac(VICTIM.mac)],
      bootMac: parseMac(VICTIM.mac),
      macAddresses: [parseMac(VICTIM.mac)],
    });
    await open([running]);
    expect((await ipxe('alpha', OTHER_NIC)).body).to.match(/has to wait/);
    const set = (cards: readonly string[]) =>
      fetch(`${house.operatorUrl}/api/v1/hosts/alpha`, {
        method: 'PATCH',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ cards }),
      });
    expect((await set([])).status).to.equal(200);
    expect(alarms()).to.deep.equal([]);
    expect((await ipxe('alpha', OTHER_NIC)).body).to.not.match(/has to wait/);
    expect(host('alpha')?.cards).to.deep.equal([OTHER_NIC.mac]);
    expect((await ipxe('alpha', VICTIM)).body).to.match(/has to wait/);
    await ipxe('b', THIEF);
    const refused = await set([THIEF.mac]);
    expect([refused.status, ((await refused.json()) as { code: string }).code]).to.deep.equal([
      409,
      'MAC_HELD',
    ]);
  });

  it('A7: a machine that reports ever new cards, and refusals without end, make few commits and few lines', async () => {
    const lines: { msg: string; level: number }[] = [];
    const logTo = {
      write: (line: string) => void lines.push(JSON.parse(line) as { msg: string; level: number }),
    };
    const fixed = new Date('2026-11-21T10:00:00Z');
    await open([], houseConfig, { logTo, now: () => fixed });
    await ipxe('alpha', VICTIM);
    const before = house.store.recorded.length;
    const statuses: (number | undefined)[] = [];
    for (let count = 0; count < 60; count += 1) {
      const mac = `52:54:00:00:09:${count.toString(16).padStart(2, '0')}`;
      statuses.push((await final('alpha', VICTIM.address, [VICTIM.mac, mac])).status);
      await ask('/first-stage-script/alpha', THIEF.address);
      await ipxe('alpha', VICTIM);
    }
    expect(statuses).to.deep.equal([...Array<number>(20).fill(200), ...Array<number>(40).fill(429)]);
    // The first brings a state of its own.
    expect(house.store.recorded).to.have.length(before + 21);
    const shown = (text: RegExp) => lines.filter(({ msg, level }) => level >= 30 && text.test(msg)).length;
    expect(shown(/calls itself alpha: refused/)).to.equal(21);
    expect(shown(/^boot script$/)).to.equal(1);
    expect(await metrics())
      .to.match(/^imago_limit_reached_total\{limit="machine-changes"\} 40$/m)
      .and.match(/^imago_limit_reached_total\{limit="log-lines"\} 100$/m);
  });

  it('I2: a second machine is not installed under one name while the first is, where imago leases nothing', async () => {
    await open([], `${houseConfig}dhcp: { mode: proxy }\n`);
    await ipxe('alpha', VICTIM);
    expect((await final('alpha', VICTIM.address, [VICTIM.mac])).status).to.equal(200);
    expect((await final('alpha', THIEF.address, [THIEF.mac])).status).to.equal(409);
    expect((await ipxe('alpha', THIEF)).body).to.match(/has to wait/);
    expect((await ipxe('alpha', VICTIM)).body).to.include('/images/alpha/vmlinuz');
  });
});
