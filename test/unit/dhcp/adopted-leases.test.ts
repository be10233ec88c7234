import { expect } from 'chai';
import { adoptedLeases, type Lease } from '../../../src/dhcp/lease.js';
import { LeaseTable } from '../../../src/dhcp/lease-table.js';
import { parseIpv4, parseSubnet } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';

const network = parseIpv4('10.75.0.0');
const pool = {
  subnet: parseSubnet('10.75.0.0/24'),
  range: { first: parseIpv4('10.75.0.20'), last: parseIpv4('10.75.0.99') },
  excluded: () => false,
};
const mac = parseMac('52:54:00:00:00:01');
const lease = (address: string, key: string, expiresAt: number, changes: Partial<Lease> = {}): Lease => ({
  address: parseIpv4(address),
  key,
  state: 'bound',
  expiresAt,
  mac,
  hostname: '',
  relayPort: '',
  chainedUntil: 0,
  declines: 0,
  ...changes,
});

describe('adoptedLeases', () => {
  it('N5: binds what a machine had under its identifiers to its MAC; the last counts', () => {
    const table = new LeaseTable([pool]);
    const leases = [
      lease('10.75.0.20', 'id-ffaa', 3000),
      lease('10.75.0.21', 'id-ffbb', 2000),
      lease('10.75.0.22', 'id-20cc', 9000, { mac: undefined }),
    ];
    for (const each of adoptedLeases(leases, 'mac')) table.restore(each);
    expect(table.find(network, 'hw-01525400000001')?.address).to.equal(parseIpv4('10.75.0.20'));
    expect(table.find(network, 'id-20cc')?.address).to.equal(parseIpv4('10.75.0.22'));
    expect(table.at(parseIpv4('10.75.0.21'))?.key).to.equal('hw-01525400000001');
  });

  it('leaves identifiers what they are where they are trusted', () => {
    const [kept] = adoptedLeases([lease('10.75.0.20', 'id-ffaa', 3000)], 'clientId');
    expect(kept?.key).to.equal('id-ffaa');
  });

  it('binds nothing to an address that is nobody’s', () => {
    const [kept] = adoptedLeases(
      [lease('10.75.0.20', 'id-20aa', 3000, { mac: parseMac('00:00:00:00:00:00') })],
      'mac',
    );
    expect(kept?.key).to.equal('id-20aa');
  });

  it('knows the address that a client has after one that it declined, and after a reload', () => {
    const table = new LeaseTable([pool]);
    const key = 'hw-01525400000001';
    const declined = lease('10.75.0.21', key, 9000, { state: 'declined' });
    for (const each of adoptedLeases([lease('10.75.0.30', key, 3000), declined], 'mac')) table.restore(each);
    expect(table.find(network, key)?.address).to.equal(parseIpv4('10.75.0.30'));
    // It had .40 before .20, and has .20 again.
    table.restore(lease('10.75.0.20', 'hw-other', 1000));
    table.restore(lease('10.75.0.40', key, 4000));
    table.restore(lease('10.75.0.20', key, 5000));
    table.reconfigure([pool], 'mac');
    expect(table.find(network, key)?.address).to.equal(parseIpv4('10.75.0.20'));
  });
});
