import { expect } from 'chai';
import { Simulation, type SimulationQuestion, type SimulatedStep } from '../../../src/api/simulation.js';
import { newHost, type Host } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { openHouseWithDhcp } from '../../support/house-with-dhcp.js';
import { houseConfig, type House } from '../../support/http-house.js';

const BASE = 'http://10.75.0.1:4080';
const mac = parseMac('52:54:00:00:00:01');
const host = (facts: Partial<Host> = {}) =>
  newHost(parseSerial('ser1'), {
    state: 'configured',
    profile: 'default',
    internalAddress: parseIpv4('10.75.0.20'),
    bootMac: mac,
    ...facts,
  });
const withDhcp = (dhcp: string) => `${houseConfig}\ndhcp: ${dhcp}\n`;
const relayed = withDhcp(
  '{ subnets: [{ subnet: 10.80.0.0/24, range: { first: 10.80.0.100, last: 10.80.0.199 }, router: 10.80.0.1 }] }',
);

describe('POST /api/v1/simulations', () => {
  const houses: House[] = [];
  afterEach(() => Promise.all(houses.splice(0).map((house) => house.close())));

  async function open(hosts: readonly Host[] = [], config = houseConfig): Promise<House> {
    const house = await openHouseWithDhcp(hosts, config);
    houses.push(house);
    return house;
  }

  async function play(house: House, question: SimulationQuestion): Promise<Simulation> {
    const before = JSON.stringify([...house.store.hosts()]);
    const answer = await fetch(`${house.url}/api/v1/simulations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(question),
    });
    const text = await answer.text();
    expect(answer.status, text).to.equal(200);
    expect(house.store.recorded).to.deep.equal([]);
    expect(JSON.stringify([...house.store.hosts()])).to.equal(before);
    return Simulation.parse(JSON.parse(text));
  }

  const names = ({ steps }: Simulation) => steps.map(({ step }) => step);
  const stepOf = ({ steps }: Simulation, name: string): SimulatedStep | undefined =>
    steps.find(({ step }) => step === name);
  const urlsOf = (simulation: Simulation, name: string) =>
    stepOf(simulation, name)?.files.map(({ url, bytes, fault }) => [url, fault ?? bytes]);

  for (const { firmware, loader, size } of [
    { firmware: 'bios', loader: 'tftp://10.75.0.1/undionly.kpxe', size: 1300 },
    { firmware: 'uefi', loader: 'tftp://10.75.0.1/snponly.efi', size: 1100 },
    { firmware: 'uefi-http', loader: `${BASE}/tftp/snponly.efi`, size: 1100 },
  ] as const) {
    it(`plays a machine with ${firmware} that nobody has seen: a loader, then iPXE, then its installer`, async () => {
      const simulation = await play(await open(), { serial: 'NEW1', firmware });
      expect(names(simulation)).to.deep.equal([
        'identity',
        'place',
        'dhcp',
        'loader',
        'dhcp of iPXE',
        'boot.ipxe',
        'ipxe',
        'first-stage',
        'configuration',
      ]);
      expect(simulation).to.include({ serial: 'new1', faults: 0 });
      expect(urlsOf(simulation, 'loader')).to.deep.equal([[loader, size]]);
      expect(stepOf(simulation, 'dhcp of iPXE')?.answer).to.include(`${BASE}/boot.ipxe`);
      expect(urlsOf(simulation, 'ipxe')).to.deep.equal([
        [`${BASE}/images/new1/vmlinuz`, 10],
        [`${BASE}/images/new1/initrd.cpio.gz`, 17],
      ]);
      expect(urlsOf(simulation, 'first-stage')).to.deep.equal([
        [`${BASE}/images/new1/install_image.bin.bz2`, 24],
      ]);
    });
  }

  it('shows each field of DHCP’s answers', async () => {
    const details = stepOf(await play(await open(), { serial: 'new1' }), 'dhcp')?.details;
    expect(details).to.include.members([
      'OFFER to everyone, port 68',
      'ACK to everyone, port 68',
      'your address 10.75.0.100',
      'next-server 10.75.0.1',
      'file undionly.kpxe',
      'option 54 (server identifier): 10.75.0.1',
      'option 1 (subnet mask): 255.255.255.0',
      'option 66 (tftp server name): 10.75.0.1',
      'option 67 (boot file name): undionly.kpxe',
    ]);
  });

  it('plays a machine that begins with iPXE: it is given its script at once', async () => {
    const simulation = await play(await open(), { serial: 'new1', firmware: 'ipxe' });
    expect(names(simulation).slice(2, 4)).to.deep.equal(['dhcp of iPXE', 'boot.ipxe']);
    expect(simulation.faults).to.equal(0);
  });

  it('plays an iPXE that is not ours: it is given ours first, which then gets its script', async () => {
    const house = await open([], withDhcp('{ ownUserClass: imago }'));
    const simulation = await play(house, { serial: 'new1', firmware: 'ipxe' });
    expect(names(simulation).slice(2, 6)).to.deep.equal([
      'dhcp of iPXE',
      'loader',
      'dhcp of iPXE',
      'boot.ipxe',
    ]);
    const ours = await play(house, { serial: 'new1', firmware: 'ipxe', userClass: 'imago' });
    expect(names(ours).slice(2, 4)).to.deep.equal(['dhcp of iPXE', 'boot.ipxe']);
  });

  it('plays a machine behind a relay: answered to the relay, with an address of its network', async () => {
    const simulation = await play(await open([], relayed), { serial: 'new1', relay: '10.80.0.1' });
    expect(stepOf(simulation, 'dhcp')?.answer).to.equal('address 10.80.0.100, boot file undionly.kpxe');
    expect(stepOf(simulation, 'dhcp')?.details).to.include.members([
      'OFFER to 10.80.0.1, port 67',
      'option 3 (routers): 10.80.0.1',
    ]);
    expect(simulation.faults).to.equal(0);
  });

  it('finds no way for a machine behind a relay that nobody configured', async () => {
    const simulation = await play(await open([], relayed), { serial: 'new1', relay: '10.99.0.1' });
    expect(stepOf(simulation, 'dhcp')?.fault).to.equal(
      'DHCP does not answer: its network is none of those in the configuration',
    );
    expect(simulation.faults).to.equal(1);
  });

  it('plays a proxy beside another server: the boot file without an address', async () => {
    const simulation = await play(await open([], withDhcp('{ mode: proxy }')), { serial: 'new1' });
    expect(stepOf(simulation, 'dhcp')).to.include({ answer: 'no address, boot file undionly.kpxe' });
    expect(simulation.faults).to.equal(0);
  });

  it('says what another server has to answer where DHCP is off', async () => {
    const simulation = await play(await open([], withDhcp('{ mode: "off" }')), { serial: 'new1' });
    expect(stepOf(simulation, 'dhcp')?.rule).to.include(`${BASE}/boot.ipxe to iPXE`);
    expect(simulation.faults).to.equal(0);
  });

  for (const { what, question, fault } of [
    {
      what: 'an architecture that nothing is made for',
      question: { architecture: 39 },
      fault: /no loader for its architecture/,
    },
    {
      what: 'a loader that is not there',
      question: { firmware: 'arm64' },
      fault: /paths\.tftpRoot has no such file/,
    },
  ] as const) {
    it(`shows as a fault ${what}`, async () => {
      const simulation = await play(await open(), { serial: 'new1', ...question });
      const faults = simulation.steps.flatMap((step) => [
        step.fault,
        ...step.files.map((file) => file.fault),
      ]);
      expect(faults.filter(Boolean).join()).to.match(fault);
      expect(simulation.faults).to.equal(1);
    });
  }

  const stranger = '52:54:00:00:00:99';
  for (const { name, hosts, question, config, fault } of [
    {
      name: 'a machine that boots by a card which is not the host’s',
      hosts: [host({ cards: [mac] })],
      question: { serial: 'ser1', mac: stranger },
      fault:
        /^a machine at 10\.75\.0\.1\d\d with network card 52:54:00:00:00:99 calls itself ser1: refused, for its network cards are 52:54:00:00:00:01; if a card or board was replaced: imagoctl set ser1 cards none/,
    },
    {
      name: 'a new machine whose card is another host’s',
      hosts: [host({ cards: [mac] })],
      question: { serial: 'new1', mac },
      fault: /calls itself new1: refused, for its network card belongs to ser1; retire ser1 /,
    },
    {
      name: 'a second machine under the name of one that is being installed, where imago leases nothing',
      hosts: [host({ state: 'installing' })],
      question: { serial: 'ser1', mac: stranger },
      config: withDhcp('{ mode: proxy }'),
      fault:
        /^a machine at elsewhere with network card 52:54:00:00:00:99 calls itself ser1: refused, for a machine with 52:54:00:00:00:01 is being installed under that name/,
    },
  ]) {
    it(`shows that it is turned away: ${name}`, async () => {
      const simulation = await play(await open(hosts, config), question);
      expect(stepOf(simulation, 'place')?.fault).to.match(fault);
      expect(stepOf(simulation, 'ipxe')).to.include({
        plan: 'wait',
        fault: stepOf(simulation, 'place')?.fault,
      });
      expect(names(simulation).at(-1)).to.equal('ipxe');
    });
  }

  it('lets a machine in by another of its cards, which it reported itself', async () => {
    const hosts = [host({ cards: [mac], macAddresses: [parseMac(stranger)] })];
    const simulation = await play(await open(hosts), { serial: 'ser1', mac: stranger });
    expect(simulation.faults).to.equal(0);
  });

  it('shows an image that is missing, each place where it counts', async () => {
    const simulation = await play(await open([host({ overrides: { CoreOSVersion: 'v9' } })]), {
      serial: 'ser1',
    });
    expect(stepOf(simulation, 'ipxe')?.fault).to.match(/^version v9 has no readable file vmlinuz/);
    expect(names(simulation).at(-1)).to.equal('ipxe');
    expect(simulation.faults).to.equal(1);
  });

  it('shows that no address is left', async () => {
    const one = houseConfig.replace(
      'first: 10.75.0.10, last: 10.75.0.99',
      'first: 10.75.0.90, last: 10.75.0.90',
    );
    const simulation = await play(await open([], one), { serial: 'new1' });
    expect(stepOf(simulation, 'place')?.fault).to.match(/10\.75\.0\.90/);
  });

  it('lets a running machine boot its own disk, after which nothing more is fetched', async () => {
    const simulation = await play(await open([host({ state: 'running' })]), { mac: '52-54-00-00-00-01' });
    expect(simulation).to.include({ serial: 'ser1', state: 'running', mac: '52:54:00:00:00:01', faults: 0 });
    expect(names(simulation).at(-1)).to.equal('ipxe');
    expect(stepOf(simulation, 'ipxe')?.text).to.include('sanboot');
    expect(stepOf(simulation, 'ipxe')?.plan).to.equal('own-disk');
  });

  it('hands UEFI machines back to their firmware', async () => {
    const simulation = await play(await open([host({ state: 'running' })]), {
      serial: 'ser1',
      firmware: 'uefi',
    });
    expect(stepOf(simulation, 'ipxe')?.text).to.include('exit 1');
  });

  for (const { mode, want } of [
    { mode: 'direct-ignition', want: ['ipxe', 'installer', 'configuration'] },
    { mode: 'diskless', want: ['ipxe', 'configuration'] },
  ]) {
    it(`goes the way of ${mode}`, async () => {
      const config = houseConfig.replace('{ name: core,', `{ name: core, mode: ${mode},`);
      const simulation = await play(await open([], config), { serial: 'new1' });
      expect(names(simulation).slice(-want.length)).to.deep.equal(want);
      expect(simulation.faults).to.equal(0);
    });
  }

  it('makes a machine up where nothing is said of it', async () => {
    const simulation = await play(await open(), {});
    expect(simulation).to.include({ serial: '02-00-00-00-00-01', faults: 0 });
    expect(stepOf(simulation, 'identity')?.answer).to.include('made up');
  });

  for (const { question, status } of [
    { question: { firmware: 'abacus' }, status: 400 },
    { question: { mac: 'x' }, status: 400 },
    { question: { relay: '10.80.0.300' }, status: 400 },
    { question: { serial: '../x' }, status: 200 },
  ]) {
    it(`answers ${status} to ${JSON.stringify(question)}`, async () => {
      const { url } = await open();
      const body = JSON.stringify(question);
      expect(
        (
          await fetch(`${url}/api/v1/simulations`, {
            method: 'POST',
            body,
            headers: { 'content-type': 'application/json' },
          })
        ).status,
      ).to.equal(status);
    });
  }
});
