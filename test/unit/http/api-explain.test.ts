import { expect } from 'chai';
import { Explanation } from '../../../src/api/explanation.js';
import { newHost, type Host } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { openHouseWithDhcp } from '../../support/house-with-dhcp.js';
import { houseConfig, type House } from '../../support/http-house.js';

const mac = parseMac('52:54:00:00:00:01');
const host = (serial: string, facts: Partial<Host> = {}) =>
  newHost(parseSerial(serial), {
    state: 'configured',
    profile: 'default',
    internalAddress: parseIpv4('10.75.0.20'),
    ...facts,
  });

describe('/api/v1/explain', () => {
  const houses: House[] = [];
  afterEach(() => Promise.all(houses.splice(0).map((house) => house.close())));

  async function explain(
    path: string,
    hosts: readonly Host[] = [],
    config = houseConfig,
  ): Promise<Record<string, string>> {
    const house = await openHouseWithDhcp(hosts, config);
    houses.push(house);
    const answer = await fetch(`${house.url}/api/v1/explain/${path}`);
    const text = await answer.text();
    expect(answer.status, text).to.equal(200);
    const { steps } = Explanation.parse(JSON.parse(text));
    expect(house.store.recorded).to.deep.equal([]);
    return Object.fromEntries(steps.map((step) => [step.step, `${step.answer} ← ${step.rule}`]));
  }

  it('tells of a machine that was never seen what it would be given', async () => {
    expect(await explain('NEW1')).to.deep.include({
      identity: 'not a host yet ← no host has the serial new1',
      place:
        'profile core, address 10.75.0.10 ← the first profile that takes it: 0 of 1; the next free address of network.hostRange',
      dhcp: 'cannot be told ← no MAC address of it is known: explain it by that',
      script:
        'its installer (install.ipxe) ← it is configured: it holds no system yet that may not be replaced',
      image: 'v1 ← osVersion of profile core',
    });
  });

  it('tells by which profile’s rule a machine gets the default one, and what is predefined', async () => {
    const full = [host('other', { profile: 'core' })];
    expect((await explain('new1', full))['place']).to.match(
      /^profile default, .* ← no other profile takes it;/,
    );
    expect((await explain('pre0001'))['place']).to.equal(
      'profile default, address 10.75.0.90 ← hosts of the configuration says so',
    );
  });

  for (const { firmware, dhcp, loader } of [
    { firmware: 'bios', dhcp: 'undionly.kpxe', loader: 'http://10.75.0.1:4080/boot.ipxe' },
    { firmware: 'uefi', dhcp: 'snponly.efi', loader: 'http://10.75.0.1:4080/boot.ipxe' },
    { firmware: 'arm64', dhcp: 'ipxe-arm64.efi', loader: 'http://10.75.0.1:4080/boot.ipxe' },
    {
      firmware: 'uefi-http',
      dhcp: 'http://10.75.0.1:4080/tftp/snponly.efi',
      loader: 'http://10.75.0.1:4080/boot.ipxe',
    },
    {
      firmware: 'http',
      dhcp: 'http://10.75.0.1:4080/tftp/snponly.efi',
      loader: 'http://10.75.0.1:4080/boot.ipxe',
    },
  ]) {
    it(`tells what DHCP answers to ${firmware} and to iPXE on it`, async () => {
      const steps = await explain(`52-54-00-00-00-01?firmware=${firmware}`);
      expect(steps['identity']).to.equal('not a host yet ← no host has the MAC address 52:54:00:00:00:01');
      expect(steps['dhcp'])
        .to.match(/^address 10\.75\.0\.1\d\d, /)
        .and.include(`boot file ${dhcp} ← a dynamic address`);
      expect(steps['loader']).to.include(`boot file ${loader} ←`);
    });
  }

  it('tells why a running machine boots its own disk', async () => {
    const steps = await explain('ser1', [host('ser1', { state: 'running', bootMac: mac, osVersion: 'v0' })]);
    expect(steps).to.deep.include({
      identity: 'host ser1, running ← its serial is recorded',
      place:
        'profile default, address 10.75.0.20 ← it was given them when it was first seen, or an operator did',
      script:
        'its own disk, by sanboot (local-disk.ipxe) ← it is running: it is only installed again after imagoctl set ser1 state configured',
      image: 'v1 ← osVersion of profile default',
    });
    expect(steps['configuration']).to.not.match(/^nothing: it is told to try again/);
  });

  for (const { name, facts, dhcp = 'server', want } of [
    {
      name: 'nobody before its first lease',
      facts: {},
      want: 'none yet ← the first network card that asks in its name, by a lease of imago and nobody else’s, becomes its own',
    },
    {
      name: 'the holder of its card',
      facts: { cards: [mac], bootMac: mac },
      want: '52:54:00:00:00:01 ← no other asks in its name; a new card: imagoctl set ser1 cards',
    },
    {
      name: 'also a card that it reported itself',
      facts: { cards: [mac], bootMac: mac, macAddresses: [parseMac('52:54:00:00:00:02')] },
      want: '52:54:00:00:00:01 ← no other asks in its name, but for what it reported itself: 52:54:00:00:00:02; a new card: imagoctl set ser1 cards',
    },
    {
      name: 'whoever says so, where imago leases nothing',
      facts: { bootMac: mac },
      dhcp: 'proxy',
      want: '52:54:00:00:00:01 ← imago leases nothing (dhcp.mode), and so cannot tell who asks in its name',
    },
  ]) {
    it(`tells whom imago takes for the machine: ${name}`, async () => {
      const steps = await explain('ser1', [host('ser1', facts)], `${houseConfig}\ndhcp: { mode: ${dhcp} }\n`);
      expect(steps['cards']).to.equal(want);
    });
  }

  it('tells of an override', async () => {
    const steps = await explain('ser1', [host('ser1', { overrides: { CoreOSVersion: 'v9' } })]);
    expect(steps['image']).to.equal('v9 ← its override CoreOSVersion');
    expect(steps['script']).to.match(
      /^to wait and ask again \(wait\.ipxe\) ← version v9 has no readable file vmlinuz/,
    );
  });

  it('tells of the configuration that it would be installed with', async () => {
    expect((await explain('ser1', [host('ser1')]))['configuration']).to.match(
      /^ignition of \d+ bytes \(ignition\.yaml\) ← install\.configFormat and templates of profile default$/,
    );
  });
});
