import { expect } from 'chai';
import fc from 'fast-check';
import {
  InvalidHost,
  formatHostFile,
  hostFromJson,
  hostToJson,
  parseHostFile,
} from '../../../src/host/host-json.js';
import { newHost, versionedSoftware, type Host } from '../../../src/host/host.js';
import { hostStates } from '../../../src/host/lifecycle.js';
import { parseSerial, type Serial } from '../../../src/host/serial.js';
import { toIpv4 } from '../../../src/net/ipv4.js';
import { macFromBytes } from '../../../src/net/mac-address.js';

const serial = 'ser1' as Serial;
const anyMac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map(macFromBytes);
const anyText = fc.string({ minLength: 1, maxLength: 12 });
const anyHost: fc.Arbitrary<Host> = fc
  .record(
    {
      serial: fc.stringMatching(/^[a-z0-9]([a-z0-9_-]{0,10}[a-z0-9])?$/).map(parseSerial),
      state: fc.constantFrom(...hostStates),
      uuid: fc.uuid(),
      bootMac: anyMac,
      macAddresses: fc.array(anyMac, { maxLength: 3 }),
      internalAddress: fc.integer({ min: 0, max: 0xffffffff }).map(toIpv4),
      extraAddresses: fc.dictionary(
        fc.constantFrom('eth1', 'storage'),
        fc.integer({ min: 0, max: 0xffffffff }).map(toIpv4),
        {
          minKeys: 1,
        },
      ),
      profile: anyText,
      metadata: fc.array(anyText, { maxLength: 3 }),
      etcdClusterToken: anyText,
      providerId: anyText,
      ipmiAddress: anyText,
      connectedNic: anyText,
      cabinet: fc.integer({ min: 1, max: 99 }),
      machineOnCabinet: fc.integer({ min: 1, max: 99 }),
      hostname: anyText,
      machineId: anyText,
      osVersion: anyText,
      diskless: fc.constant(true),
      platform: fc.constantFrom('bios', 'uefi'),
      isProfileTentative: fc.constant(true),
      hardware: fc.record(
        {
          manufacturer: anyText,
          product: anyText,
          memoryBytes: fc.integer({ min: 1, max: 2 ** 45 }),
          disks: fc.array(fc.record({ name: anyText, bytes: fc.integer({ min: 1, max: 2 ** 50 }) }), {
            maxLength: 2,
          }),
        },
        { requiredKeys: [] },
      ),
      versions: fc.dictionary(fc.constantFrom(...versionedSoftware), anyText),
      overrides: fc.dictionary(
        fc.string({ minLength: 1, maxLength: 5 }).filter((key) => key !== '__proto__'),
        fc.oneof(
          anyText,
          fc.array(anyText, { maxLength: 2 }),
          fc.record({ a: anyText, b: fc.array(fc.nat()) }),
        ),
      ),
      lastBoot: fc.date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
    },
    { requiredKeys: ['serial'] },
  )
  .map(({ serial, ...facts }) => newHost(serial, facts as Partial<Host>));

describe('a host as JSON', () => {
  it('of a machine just seen has only what clients always expect', () => {
    expect(hostToJson(newHost(serial))).to.deep.equal({
      Serial: 'ser1',
      ConnectedNIC: '',
      LastBoot: '0001-01-01T00:00:00Z',
      State: 'unknown',
    });
  });

  it('has Mayu’s names', () => {
    const host = newHost(serial, {
      state: 'running',
      macAddresses: [macFromBytes(Uint8Array.of(0x52, 0x54, 0, 0, 0, 1))],
      internalAddress: toIpv4(0x0a4b0014),
      connectedNic: 'eth0',
      metadata: ['role=core'],
      ipmiAddress: '10.1.0.1',
      osVersion: '1068.9.0',
      versions: { mayu: '0.11', etcd: '2' },
      lastBoot: new Date('2026-11-21T10:00:00Z'),
      cabinet: 3,
    });
    expect(hostToJson(host)).to.deep.equal({
      Serial: 'ser1',
      MacAddresses: ['52:54:00:00:00:01'],
      InternalAddr: '10.75.0.20',
      Cabinet: 3,
      IPMIAddr: '10.1.0.1',
      ConnectedNIC: 'eth0',
      FleetMetadata: ['role=core'],
      LastBoot: '2026-11-21T10:00:00Z',
      State: 'running',
      CoreOSVersion: '1068.9.0',
      MayuVersion: '0.11',
      EtcdVersion: '2',
    });
  });

  it('written and read is the same host', () => {
    fc.assert(
      fc.property(anyHost, (host) => {
        expect(parseHostFile(formatHostFile(host), 'conf.json')).to.deep.equal(host);
      }),
    );
  });

  it('of any other kind is refused in its own words', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        try {
          hostFromJson(json);
        } catch (error) {
          expect(error).to.be.instanceOf(InvalidHost);
        }
      }),
    );
  });

  it('as Mayu wrote it, with its empty and its forgotten fields, is read', () => {
    const host = hostFromJson({
      Id: 7,
      Enabled: true,
      Name: 'n',
      Serial: 'ser1',
      MacAddresses: null,
      InternalAddr: '',
      BondInterfaces: null,
      IPMIAddr: '',
      ConnectedNIC: '',
      FleetMetadata: null,
      FleetDisableEngine: false,
      KeepDiskData: false,
      LastBoot: '0001-01-01T00:00:00Z',
      Overrides: { CoreOSVersion: '1', retries: 3, fast: true },
      State: 'configured',
    });
    expect(host).to.deep.equal(
      newHost(serial, { state: 'configured', overrides: { CoreOSVersion: '1', retries: '3', fast: 'true' } }),
    );
  });

  it('Y6: as Mayu 1.x wrote it, with lists, tables and nothing for overrides, is read', () => {
    const host = hostFromJson({
      Serial: 'ser1',
      State: 'running',
      FlatcarVersion: '2605.6.0',
      AdditionalAddrs: { eth1: '10.80.0.7' },
      Overrides: { keys: ['a', 'b'], disk: { name: 'sdb' }, gone: null },
    });
    expect(host).to.deep.equal(
      newHost(serial, {
        state: 'running',
        osVersion: '2605.6.0',
        extraAddresses: { eth1: toIpv4(0x0a500007) },
        overrides: { keys: ['a', 'b'], disk: { name: 'sdb' } },
      }),
    );
    expect(hostToJson(host))
      .to.include({ CoreOSVersion: '2605.6.0' })
      .and.not.to.have.property('AdditionalAddrs');
  });

  const faults = [
    {
      name: 'an unknown state',
      line: '"State": "flying"',
      want: "c.json:3: State: 'flying' is not a state: write one of",
    },
    {
      name: 'an unknown field',
      line: '"Sate": "running"',
      want: "c.json:3: Sate: 'running' is no field of a host",
    },
    {
      name: 'a bad address',
      line: '"InternalAddr": "10.0.0.300"',
      want: "c.json:3: InternalAddr: '10.0.0.300' is not an IPv4 address",
    },
    { name: 'a bad UUID', line: '"UUID": "1"', want: "c.json:3: UUID: '1' is not a UUID" },
    {
      name: 'a bad time',
      line: '"LastBoot": "yesterday"',
      want: "c.json:3: LastBoot: 'yesterday' is not a time",
    },
    {
      name: 'a cabinet in quotes',
      line: '"Cabinet": "3"',
      want: "c.json:3: Cabinet: '3' is not a whole number",
    },
    {
      name: 'metadata that is no list',
      line: '"FleetMetadata": "a=b"',
      want: "c.json:3: FleetMetadata: 'a=b' is not a list of texts",
    },
    {
      name: 'a comma too many',
      line: '"Hostname": "a",',
      want: 'c.json:3: \'"Hostname": "a",,\' is not JSON',
    },
    {
      name: 'a bad element',
      line: '"MacAddresses": [\n"52:54:00:00:00:01",\n"zz"]',
      want: "c.json:5: MacAddresses.1: 'zz' is not a MAC address",
    },
    {
      name: 'overrides that are no table',
      line: '"Overrides": "a=b"',
      want: "c.json:3: Overrides: 'a=b' is not a table",
    },
    {
      name: 'an override whose name would be lost',
      line: '"Overrides": {"__proto__": "x"}',
      want: "c.json:3: Overrides.__proto__: 'x' has a name that nothing can be stored under",
    },
  ];
  for (const { name, line, want } of faults) {
    it(`with ${name} is refused, naming file, line, field, value and remedy`, () => {
      const state = line.includes('State') ? '' : ',\n"State": "running"';
      const text = `{\n"Serial": "ser1",\n${line}${state}\n}`;
      expect(() => parseHostFile(text, 'c.json')).to.throw(InvalidHost, want);
    });
  }

  for (const field of ['ConnectedNIC', 'FleetMetadata', 'Overrides', 'InternalAddr', 'Nonsense', 'Name']) {
    it(`with a ${field} nested 100,000 deep is refused as any other, or passed over`, () => {
      const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
      for (const value of [deep, `[${deep}]`, `{"a": ${deep}}`]) {
        const text = `{"Serial": "ser1", "State": "running", "${field}": ${value}}`;
        if (field === 'Name') expect(parseHostFile(text, 'c.json').serial).to.equal('ser1');
        else expect(() => parseHostFile(text, 'c.json')).to.throw(InvalidHost, /^c\.json:1: /);
      }
    });
  }

  it('with a serial that is not in its own form is refused: it names a folder', () => {
    expect(() => hostFromJson({ Serial: '../etc', State: 'running' })).to.throw(InvalidHost, 'Serial: ');
    expect(() => hostFromJson({ Serial: 'SER1', State: 'running' })).to.throw(InvalidHost, 'in lower case');
  });
});
