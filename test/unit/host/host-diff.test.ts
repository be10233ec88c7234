import { expect } from 'chai';
import { diffHosts, rolledBack } from '../../../src/host/host-diff.js';
import { newHost, type Host } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';

const serial = parseSerial('ser1');
const mac = parseMac('52:54:00:00:00:01');

describe('host/host-diff', () => {
  it('names the fields that differ, as they stand on disk', () => {
    const before = newHost(serial, { cabinet: 3, metadata: ['a=b'], hostname: 'one' });
    const after = newHost(serial, { cabinet: 4, metadata: ['a=b'] });
    expect(diffHosts(before, after)).to.deep.equal([
      { field: 'Cabinet', before: 3, after: 4 },
      { field: 'Hostname', before: 'one', after: undefined },
    ]);
    expect(diffHosts(before, { ...before })).to.deep.equal([]);
  });

  it('takes a host that is not there for one without fields', () => {
    const host = newHost(serial);
    const names = (before?: Host, after?: Host) => diffHosts(before, after).map(({ field }) => field);
    expect(names(undefined, host)).to.include('Serial').and.deep.equal(names(host));
    expect(names()).to.deep.equal([]);
  });
});

/** Facts of the machine, of which a commit takes none back. */
const facts = {
  state: 'running',
  uuid: '4c4c4544-0032-3010-8057-b4c04f595931',
  bootMac: mac,
  cards: [mac],
  macAddresses: [mac],
  machineId: '0123456789abcdef0123456789abcdef',
  osVersion: 'v2',
  diskless: true,
  platform: 'uefi',
  versions: { etcd: '3' },
  lastBoot: new Date(0),
  lock: { by: 'anna', reason: 'swap', since: new Date(0) },
} satisfies Partial<Host>;

const settings = {
  profile: 'core',
  metadata: ['role=core'],
  internalAddress: parseIpv4('10.75.0.10'),
  extraAddresses: { storage: parseIpv4('10.76.0.10') },
  etcdClusterToken: 'token',
  providerId: 'p',
  ipmiAddress: '10.77.0.10',
  connectedNic: 'eth0',
  cabinet: 3,
  machineOnCabinet: 4,
  hostname: 'one',
  overrides: { a: 'b' },
} satisfies Partial<Host>;

describe('the settings of an earlier version', () => {
  const now = newHost(serial, { ...facts, hostname: 'two', cabinet: 9, providerId: 'q' });

  for (const [field, value] of Object.entries(facts)) {
    it(`leave what the machine is: ${field}`, () => {
      const earlier = newHost(serial, settings);
      expect(rolledBack(now, earlier)).to.have.property(field).that.deep.equals(value);
      const unreported: Host = { ...now };
      Reflect.deleteProperty(unreported, field);
      expect(rolledBack(unreported, newHost(serial, { ...settings, ...facts }))).not.to.have.property(field);
    });
  }

  for (const [field, value] of Object.entries(settings)) {
    it(`bring back ${field}, also where it was not set`, () => {
      expect(rolledBack(now, newHost(serial, settings)))
        .to.have.property(field)
        .that.deep.equals(value);
      const without: Host = { ...newHost(serial, settings) };
      Reflect.deleteProperty(without, field);
      expect(rolledBack(now, without)).not.to.have.property(field);
    });
  }
});
