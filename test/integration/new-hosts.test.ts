import { appendFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { DaemonLab } from '../support/daemon-lab.js';

const URL = 'http://10.75.0.1:4080';
const FLOOD = 400;

/** How often each line comes. */
const counted = (text: string): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const line of text.trim().split('\n')) counts[line] = (counts[line] ?? 0) + 1;
  return counts;
};

describe('a stranger on the provisioning network', function () {
  this.timeout(120_000);
  let lab: DaemonLab;
  /** Of the machine that has a lease. */
  let address = '';
  let mac = '';

  before(async () => {
    lab = await DaemonLab.create('stranger');
    appendFileSync(lab.configFile, 'newHosts: { requireLease: false }\n');
    await lab.start();
    await lab.onClient('ip', 'addr', 'add', '10.75.0.250/24', 'dev', 'eth0');
  });
  after(() => lab.remove());

  const curl = async (...words: string[]) => (await lab.onClient('curl', '-s', ...words)).stdout;
  const hosts = async () => {
    const { stdout } = await lab.onServer('curl', '-s', `${URL}/api/v1/hosts`);
    return (JSON.parse(stdout) as { hosts: { serial: string; state: string; macAddresses: string[] }[] })
      .hosts;
  };
  const commits = async () => Number((await lab.git('rev-list', '--count', 'HEAD')).stdout);
  const metric = async (name: string) => {
    const { stdout } = await lab.onServer('curl', '-s', `${URL}/metrics`);
    return stdout.split('\n').find((line) => line.startsWith(name));
  };
  const final = (serial: string, mac: string) => [
    '-o',
    '/dev/null',
    '-w',
    '%{http_code}',
    '-d',
    JSON.stringify({ Serial: serial, NetDevs: [{ Name: 'eth0', MacAddress: mac }] }),
    `${URL}/final-ignition-config.json`,
  ];
  const reconfigure = (change: (text: string) => string) =>
    lab.configure((text) => change(text).replace('level: info', 'level: debug'));
  /** One of the hosts that the flood made. */
  const flooded = async () =>
    (await hosts()).find(({ serial }) => serial.startsWith('flood'))?.serial ?? 'none';
  const put = (serial: string, call: string, ...words: string[]) =>
    curl(
      ...words,
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      '-X',
      'PUT',
      `${URL}/admin/host/${serial}/${call}`,
    );

  it('makes ten hosts of four hundred serials, whichever way it asks', async () => {
    const flood = ['-Z', '--parallel-max', '50', '-o', '/dev/null', '-w', '%{http_code}\\n'];
    const stages = await curl(...flood, `${URL}/first-stage-script/flood[1-${FLOOD / 2}]`);
    expect(counted(stages)).to.deep.equal({ 200: 10, 429: FLOOD / 2 - 10 });
    expect(counted(await curl(...flood, `${URL}/ipxe?serial=more[1-${FLOOD / 2}]`))).to.deep.equal({
      200: FLOOD / 2,
    });
    expect(await hosts()).to.have.length(10);
    expect(await commits()).to.equal(1 + 10 * 4);
    expect(await metric('imago_machines_turned_away_total{reason="address"}')).to.match(/ 390$/);
    const said = lab
      .log()
      .split('\n')
      .filter((line) => line.includes('"level":"warn"') && line.includes('NEW_HOST_REFUSED'));
    expect(said).to.have.length(1);
  });

  it('is told why, and when to ask again', async () => {
    const refused = await curl('-i', `${URL}/first-stage-script/one-more`);
    expect(refused)
      .to.match(/^HTTP\/1\.1 429 /)
      .and.match(/^retry-after: 60\r$/im)
      .and.include('as many new machines came from 10.75.0.250 within an hour');
    expect(await curl(`${URL}/ipxe?serial=one-more`))
      .to.match(/^#!ipxe\n/)
      .and.include('10.75.0.250')
      .and.match(/sleep 15\nchain /);
  });

  it('does not keep a machine out that has a lease', async () => {
    await lab.wire('eth1');
    const lease = await lab.onClient('udhcpc', '-i', 'eth1', '-n', '-q', '-f', '-s', '/bin/true');
    address = /lease of (\S+) obtained/.exec(lease.stderr + lease.stdout)?.[1] ?? '';
    mac = (await lab.onClient('cat', '/sys/class/net/eth1/address')).stdout.trim();
    expect(address, lease.stderr).to.match(/^10\.75\.0\.1\d\d$/);
    await lab.onClient('ip', 'addr', 'add', `${address}/24`, 'dev', 'eth1');
    const script = await curl('--interface', address, `${URL}/ipxe?serial=genuine1&platform=pcbios`);
    expect(script).to.include('/images/genuine1/vmlinuz');
    expect((await hosts()).map(({ serial }) => serial)).to.include('genuine1');
  });

  it('cannot have a machine called running that is being installed', async () => {
    const itself = ['--interface', address];
    expect(await curl(...itself, ...final('genuine1', mac))).to.equal('200');
    expect(await put('genuine1', 'boot_complete', ...itself)).to.equal('409');
    expect(await put('genuine1', 'set_installed')).to.equal('409');
    expect(await put('genuine1', 'set_installed', ...itself)).to.equal('202');
    expect(await put('genuine1', 'boot_complete')).to.equal('409');
    expect(await put('genuine1', 'boot_complete', ...itself)).to.equal('202');
  });

  it('does not take the network card of a running machine with what it reports', async () => {
    const serial = await flooded();
    expect(await curl(...final(serial, mac))).to.equal('200');
    const macs = new Map((await hosts()).map(({ serial, macAddresses }) => [serial, macAddresses]));
    expect(macs.get(serial)).to.deep.equal([]);
    expect(macs.get('genuine1')).to.deep.equal([mac]);
    expect(lab.log()).to.include('"code":"MAC_HELD"');
  });

  it('brings no host, no commit where there is no address: 503, and an alarm', async () => {
    reconfigure((text) => text.replace('last: 10.75.0.99', 'last: 10.75.0.20'));
    appendFileSync(lab.configFile, 'newHosts: { perAddressPerHour: 0, requireLease: false }\n');
    await lab.signalled('SIGHUP', 'the configuration was reloaded');
    const before = await commits();
    const refused = await curl('-i', `${URL}/first-stage-script/[1000-1009]`);
    expect(refused.match(/HTTP\/1\.1 503 /g)).to.have.length(10);
    expect(refused)
      .to.match(/^retry-after: 10\r$/im)
      .and.include('no address is left in network.hostRange');
    expect(await curl(`${URL}/ipxe?serial=one-more`)).to.include('no address is left in network.hostRange');
    expect(await hosts()).to.have.length(11);
    expect(await commits()).to.equal(before);
    expect(await metric('imago_alarms{code="RANGE_EXHAUSTED"}')).to.match(/ 1$/);
    expect(await curl('--interface', address, `${URL}/ipxe?serial=genuine1&platform=pcbios`)).to.include(
      'sanboot',
    );
  });

  it('A6: brings none at all where nothing is said of leases, nor gets what an operator added', async () => {
    reconfigure((text) => text);
    await lab.signalled('SIGHUP', 'the configuration was reloaded');
    expect(await curl(`${URL}/first-stage-script/one-more`)).to.match(/^newHosts\.requireLease takes up no/);
    expect(
      await curl('-o', '/dev/null', '-w', '%{http_code}', `${URL}/first-stage-script/${await flooded()}`),
    ).to.equal('409');
    expect((await lab.onServer(resolve('bin/imagoctl'), 'add', 'one-more')).status).to.equal(0);
    expect(await curl(`${URL}/ipxe?serial=one-more`)).to.match(/imago leased it no address[^]*sleep 15/);
    await lab.wire('eth2');
    const lease = await lab.onClient('udhcpc', '-i', 'eth2', '-n', '-q', '-f', '-s', '/bin/true');
    const [, own = ''] = /lease of (\S+) obtained/.exec(lease.stderr + lease.stdout) ?? [];
    await lab.onClient('ip', 'addr', 'add', `${own}/24`, 'dev', 'eth2');
    expect(await curl('--interface', own, `${URL}/ipxe?serial=one-more`)).to.include(
      '/images/one-more/vmlinuz',
    );
  });
});
