import { expect } from 'chai';
import fc from 'fast-check';
import { parseBootReport, parseHardwareReport } from '../../../src/http/machine-report.js';
import { BadRequest } from '../../../src/http/http-errors.js';
import { openHouse, type House } from '../../support/http-house.js';

const own = ['10.75.0.1'];
const hardware = (fields: unknown) => parseHardwareReport(JSON.stringify(fields), own);
const mac = '52:54:00:00:00:01';

describe('what an installer reports', () => {
  it('is taken as it is', () => {
    const told = hardware({
      Serial: 'S1',
      NetDevs: [{ Name: 'eth0', MacAddress: '52-54-00-00-00-01' }],
      IPMIAddress: ' 10.76.0.9 ',
      ConnectedNIC: 'eth0',
    });
    expect(told).to.deep.equal({
      serial: 'S1',
      report: { netDevs: [{ name: 'eth0', mac }], ipmiAddress: '10.76.0.9', connectedNic: 'eth0' },
      faults: [],
    });
  });

  it('tells what the machine is made of', () => {
    const told = hardware({
      Serial: 'S1',
      Manufacturer: ' Dell Inc. ',
      Product: '',
      MemoryBytes: 64e9,
      Disks: [{ Name: 'sda', Bytes: 480e9 }],
    });
    expect(told.report.hardware).to.deep.equal({
      manufacturer: 'Dell Inc.',
      memoryBytes: 64e9,
      disks: [{ name: 'sda', bytes: 480e9 }],
    });
    expect(told.faults).to.deep.equal([]);
  });

  for (const { fields, fault } of [
    { fields: { MemoryBytes: 0 }, fault: 'MemoryBytes: ' },
    { fields: { MemoryBytes: '64 GB' }, fault: "MemoryBytes: '64 GB' is not a size in bytes" },
    { fields: { Disks: {} }, fault: "Disks: '{}' is not a list of disks" },
    { fields: { Disks: [{ Name: '$(x)', Bytes: 1 }] }, fault: "Disks[0]: '$(x)' is not the name of a disk" },
    { fields: { Disks: [{ Name: 'sda', Bytes: -1 }] }, fault: "Disks[0]: '-1' is not a size in bytes" },
    { fields: { Disks: Array.from({ length: 257 }, () => ({ Name: 'sda', Bytes: 1 })) }, fault: 'Disks: ' },
    { fields: { Product: 'a\u001b[2Jb' }, fault: 'Product: ' },
  ]) {
    it(`leaves out and names what cannot be: ${JSON.stringify(fields).slice(0, 60)}`, () => {
      const told = hardware({ Serial: 's', ...fields });
      expect(told.faults.join()).to.include(fault);
      expect(told.report.hardware?.disks ?? []).to.deep.equal([]);
    });
  }

  const nothing = { netDevs: [], ipmiAddress: undefined, connectedNic: undefined };
  for (const { name, fields } of [
    { name: 'null for a zero value', fields: { NetDevs: null, IPMIAddress: null, ConnectedNIC: null } },
    { name: 'nothing at all', fields: {} },
    { name: 'a BMC without an address', fields: { IPMIAddress: '0.0.0.0' } },
    { name: 'blanks', fields: { IPMIAddress: '  ', ConnectedNIC: ' ' } },
    {
      name: 'interfaces without an address',
      fields: {
        NetDevs: [{ Name: 'lo', MacAddress: '00:00:00:00:00:00' }, { Name: 'sit0', MacAddress: '' }, {}],
      },
    },
  ]) {
    it(`may leave out much: ${name}`, () =>
      expect(hardware({ Serial: 's', ...fields })).to.deep.equal({
        serial: 's',
        report: nothing,
        faults: [],
      }));
  }

  for (const { name, fields, fault } of [
    {
      name: 'text that is no address',
      fields: { IPMIAddress: 'Unknown' },
      fault:
        "IPMIAddress: 'Unknown' is not an address that a BMC can have: a machine reports the IP address of its BMC; where that is no use, set power.hosts or imagoctl set SERIAL ipmiaddr",
    },
    {
      name: 'the loopback address',
      fields: { IPMIAddress: '127.0.0.1' },
      fault: "IPMIAddress: '127.0.0.1' is not",
    },
    {
      name: 'our own address',
      fields: { IPMIAddress: '10.75.0.1' },
      fault: "IPMIAddress: '10.75.0.1' is not",
    },
    {
      name: 'a number',
      fields: { IPMIAddress: 7 },
      fault: "IPMIAddress: '7' is not text: send it in quotes",
    },
    {
      name: 'two lines',
      fields: { IPMIAddress: '10.0.0.1\n10.0.0.2' },
      fault: "IPMIAddress: '10.0.0.1\u{fffd}10.0.0.2' is not",
    },
    {
      name: 'a NIC with a blank',
      fields: { ConnectedNIC: 'eth0 up' },
      fault: "ConnectedNIC: 'eth0 up' is not the name of a network interface: send it as in eth0",
    },
    {
      name: 'a NIC that is a command',
      fields: { ConnectedNIC: '$(reboot)' },
      fault: "ConnectedNIC: '$(reboot)' is not the name",
    },
    {
      name: 'a NIC that is a list',
      fields: { ConnectedNIC: ['eth0'] },
      fault: `ConnectedNIC: '["eth0"]' is not text`,
    },
    {
      name: 'interfaces that are none',
      fields: { NetDevs: 'eth0' },
      fault: "NetDevs: 'eth0' is not a list of interfaces: send",
    },
    {
      name: 'an interface that is none',
      fields: { NetDevs: ['eth0'] },
      fault: "NetDevs[0]: 'eth0' is not an interface",
    },
    {
      name: 'a MAC address that is none',
      fields: { NetDevs: [{ MacAddress: 'zz' }] },
      fault: "NetDevs[0]: 'zz' is not a MAC address",
    },
  ]) {
    it(`without what cannot be so: ${name}`, () => {
      const { report, faults } = hardware({ Serial: 's', ...fields });
      expect(report).to.deep.equal(nothing);
      expect(faults).to.have.length(1);
      expect(faults[0]).to.satisfy((text: string) => text.startsWith(fault), faults[0]);
    });
  }

  it('keeps the interfaces that are sound, and names a few of the others', () => {
    const bad = Array.from({ length: 20 }, () => ({ Name: 'x', MacAddress: 'zz' }));
    const { report, faults } = hardware({
      Serial: 's',
      NetDevs: [...bad, { Name: 'eth0', MacAddress: mac }],
    });
    expect(report.netDevs).to.deep.equal([{ name: 'eth0', mac }]);
    expect(faults).to.have.length(9);
    expect(faults.at(-1)).to.equal('… and 12 more');
  });

  it('brings 256 interfaces at most', () => {
    const netDevs = Array.from({ length: 300 }, (_, index) => ({
      Name: `eth${index}`,
      MacAddress: `52:54:00:00:01:${(index % 256).toString(16).padStart(2, '0')}`,
    }));
    const { report, faults } = hardware({ Serial: 's', NetDevs: netDevs });
    expect(report.netDevs.map(({ name }) => name)).to.deep.equal(
      netDevs.slice(0, 256).map(({ Name }) => Name),
    );
    expect(faults).to.have.length(1);
    expect(faults[0]).to.contain('the first 256 are taken');
  });

  it('is refused only when it is no report at all', () => {
    for (const body of ['', 'x', '[]', '"s"', '{"Serial":7}', '{"Serial":["s"]}', 'null'])
      expect(() => parseHardwareReport(body, own), body).to.throw(BadRequest, 'unable to parse json data');
  });

  it('never makes imago fail, whatever is in it', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), fc.json(), (devs, ipmi, nic) => {
        const { faults } = parseHardwareReport(
          `{"Serial":"s","NetDevs":${devs},"IPMIAddress":${ipmi},"ConnectedNIC":${nic}}`.replaceAll(
            '__proto__',
            'x',
          ),
          own,
        );
        for (const fault of faults) expect(fault).to.match(/^[^\p{Cc}]{1,400}$/u);
      }),
    );
  });
});

describe('what a system reports when it is up', () => {
  it('is its versions', () => {
    expect(
      parseBootReport('{"CoreOSVersion":" 1.2.3 ","DockerVersion":"1.6.2","EtcdVersion":""}'),
    ).to.deep.equal({
      report: { osVersion: '1.2.3', versions: { docker: '1.6.2' } },
      faults: [],
    });
  });

  it('may be nothing', () => {
    for (const body of ['', ' ', '{}', '{"DockerVersion":null}'])
      expect(parseBootReport(body).report).to.deep.equal({ osVersion: undefined, versions: undefined });
  });

  for (const { name, field } of [
    { name: 'text that forges a line', field: '"1.2\\n3"' },
    { name: 'far too much', field: `"${'1'.repeat(129)}"` },
    { name: 'a number', field: '1.5' },
    { name: 'a table', field: '{"a":1}' },
  ]) {
    it(`without what cannot be so: ${name}`, () => {
      const { report, faults } = parseBootReport(`{"EtcdVersion":${field},"DockerVersion":"1"}`);
      expect(report.versions).to.deep.equal({ docker: '1' });
      expect(faults).to.have.length(1);
      expect(faults[0]).to.match(/^EtcdVersion: '/);
    });
  }
});

describe('a machine that reports nonsense', () => {
  let house: House;
  const log: string[] = [];
  before(async () => {
    house = await openHouse({ logTo: { write: (line) => void log.push(line) } });
  });
  after(() => house.close());

  it('is installed all the same, and the log names what was left out', async () => {
    const body = JSON.stringify({
      Serial: 'odd1',
      NetDevs: 7,
      IPMIAddress: '127.0.0.1',
      ConnectedNIC: 'a/b',
    });
    const answer = await fetch(`${house.url}/final-ignition-config.json`, { method: 'POST', body });
    expect(answer.status, await answer.clone().text()).to.equal(200);
    await fetch(`${house.url}/admin/host/odd1/set_installed`, { method: 'PUT' });
    const booted = await fetch(`${house.url}/admin/host/odd1/boot_complete`, {
      method: 'PUT',
      body: '{"DockerVersion":"a\\u001b[31m","EtcdVersion":"3.5"}',
    });
    expect(booted.status).to.equal(202);
    const [host] = (await (await fetch(`${house.url}/admin/hosts`)).json()) as Record<string, unknown>[];
    expect(host).to.include({ State: 'running', EtcdVersion: '3.5' });
    expect(host).not.to.have.any.keys('IPMIAddr', 'DockerVersion', 'MacAddresses');
    const warnings = log
      .map((line) => JSON.parse(line) as { level: number; serial?: string; faults?: string[] })
      .filter(({ level }) => level === 40);
    expect(
      warnings.map(({ serial, faults }) => [serial, faults?.map((fault) => fault.split(' is ')[0])]),
    ).to.deep.equal([
      ['odd1', ["NetDevs: '7'", "IPMIAddress: '127.0.0.1'", "ConnectedNIC: 'a/b'"]],
      ['odd1', ["DockerVersion: 'a\u{fffd}[31m'"]],
    ]);
  });
});
