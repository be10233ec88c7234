import { expect } from 'chai';
import { DaemonLab } from '../support/daemon-lab.js';

const URL = 'http://10.75.0.1:4080';

interface Machine {
  /** Its network namespace: a machine that answers ARP for its own addresses alone. */
  readonly at: string;
  readonly mac: string;
  readonly address: string;
}

interface Shown {
  readonly serial: string;
  readonly state: string;
  readonly address: string;
  readonly cards: readonly string[];
  readonly ipmiAddress?: string;
}

describe('machines under the names of others, to the daemon', function () {
  this.timeout(120_000);
  let lab: DaemonLab;
  let victim: Machine;
  let attacker: Machine;

  /** A lease as a network card's own client gets it. */
  const lease = async (at: string) => {
    const said = await lab.on(at, 'udhcpc', '-i', 'eth0', '-n', '-q', '-f', '-s', '/bin/true');
    const [, address = ''] = /lease of (\S+) obtained/.exec(said.stderr + said.stdout) ?? [];
    expect(address, said.stderr).to.match(/^10\.75\.0\./);
    await lab.on(at, 'ip', 'addr', 'replace', `${address}/24`, 'dev', 'eth0');
    return address;
  };
  const machine = async (at: string): Promise<Machine> => {
    const mac = (await lab.on(at, 'cat', '/sys/class/net/eth0/address')).stdout.trim();
    return { at, mac, address: await lease(at) };
  };

  before(async () => {
    lab = await DaemonLab.create('cards');
    lab.configure((text) => text.replace('mode: server', 'mode: server\n  leaseFixedAddresses: true'));
    await lab.start();
    victim = await machine(lab.client);
    attacker = await machine(await lab.machine('b'));
  });
  after(() => lab.remove());

  const ask = async (from: Machine | string, path: string, ...words: string[]) => {
    const { at, address: source } = typeof from === 'string' ? { ...attacker, address: from } : from;
    const { stdout } = await lab.on(
      at,
      'curl',
      '-s',
      '-w',
      '\n%{http_code}',
      '--interface',
      source,
      ...words,
      URL + path,
    );
    const [, body = '', status = ''] = /^([^]*)\n(\d+)$/.exec(stdout) ?? [];
    return { status: Number(status), body };
  };
  const ipxe = (from: Machine, serial: string) =>
    ask(
      from,
      `/ipxe?serial=${serial}&uuid=11111111-2222-3333-4444-555555555555&mac=${from.mac}&platform=pcbios`,
    );
  const final = (from: Machine | string, serial: string, macs: readonly string[], ipmi = '') => {
    const nics = macs.map((mac, index) => ({ Name: `eth${index}`, MacAddress: mac }));
    const body = JSON.stringify({ Serial: serial, NetDevs: nics, IPMIAddress: ipmi });
    return ask(from, '/final-ignition-config.json', '-d', body);
  };
  const put = (from: Machine | string, serial: string, call: string) =>
    ask(from, `/admin/host/${serial}/${call}`, '-X', 'PUT');
  const host = async (serial: string) => {
    const { stdout } = await lab.onServer('curl', '-s', `${URL}/api/v1/hosts/${serial}`);
    return JSON.parse(stdout) as Shown;
  };
  const alarms = async () => {
    const { stdout } = await lab.onServer('curl', '-s', `${URL}/ready`);
    return (JSON.parse(stdout) as { alarms: { code: string; message: string }[] }).alarms;
  };

  it('A5: a thief that reports the card of another gets neither its name nor its address', async () => {
    expect((await ipxe(attacker, 'thief')).body).to.include('/images/thief/vmlinuz');
    const crowd = Array.from(
      { length: 255 },
      (_, index) => `52:54:00:00:02:${index.toString(16).padStart(2, '0')}`,
    );
    expect((await final(attacker, 'thief', [victim.mac, ...crowd])).status).to.equal(200);
    expect(await lease(victim.at)).to.equal(victim.address);
    expect((await ipxe(victim, 'victim')).body).to.include('/images/victim/vmlinuz');
    const { address, cards } = await host('victim');
    expect(cards).to.deep.equal([victim.mac]);
    expect(await lease(victim.at))
      .to.equal(address)
      .and.not.equal((await host('thief')).address);
    victim = { ...victim, address };
  });

  it('A12: neither the attacker nor somebody without a lease gets what the victim waits for', async () => {
    await lab.on(attacker.at, 'ip', 'addr', 'add', '10.75.0.250/24', 'dev', 'eth0');
    const before = await host('victim');
    for (const from of [attacker, '10.75.0.250']) {
      expect((await final(from, 'victim', [attacker.mac], '10.75.0.66')).status).to.equal(409);
      expect((await put(from, 'victim', 'set_installed')).status).to.equal(409);
      expect((await put(from, 'victim', 'boot_complete')).status).to.equal(409);
      expect((await ask(from, '/first-stage-script/victim')).status).to.equal(409);
    }
    expect(await host('victim')).to.deep.equal(before);
    expect((await alarms()).map(({ code }) => code)).to.include('CARD_REFUSED');
  });

  it('I1: a twin waits while the first is installed, and is told of with both cards; the first gets through', async () => {
    expect((await final(victim, 'victim', [victim.mac], '10.75.0.201')).status).to.equal(200);
    const waits = await ipxe(attacker, 'victim');
    expect(waits.status).to.equal(200);
    expect(waits.body).to.match(/has to wait\n[^]*refused[^]*sleep 15/);
    expect((await final(attacker, 'victim', [attacker.mac], '10.75.0.66')).status).to.equal(409);
    expect(await host('victim')).to.include({ state: 'installing', ipmiAddress: '10.75.0.201' });
    expect((await put(victim, 'victim', 'set_installed')).status).to.equal(202);
    expect((await ipxe(attacker, 'victim')).body).to.match(/has to wait/);
    expect((await ipxe(victim, 'victim')).body).to.include('sanboot');
    expect((await put(victim, 'victim', 'boot_complete')).status).to.equal(202);
    expect(await host('victim')).to.deep.include({ state: 'running', cards: [victim.mac] });
    const { message = '' } = (await alarms()).find(({ message: text }) => text.includes(attacker.mac)) ?? {};
    expect(message).to.include('victim').and.to.include(attacker.address);
    expect(lab.log()).to.include('"code":"CARD_REFUSED"');
  });

  it('A12: a machine that runs reports from the address that its system set, without a lease', async () => {
    await lab.stop();
    await lab.onServer('rm', '-f', `${lab.folder}/var/sandbox.leases`);
    await lab.start();
    expect((await put(victim, 'victim', 'boot_complete')).status).to.equal(202);
    expect((await put(attacker, 'victim', 'boot_complete')).status).to.equal(409);
  });
});
