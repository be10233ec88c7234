import { expect } from 'chai';
import { dhcpPolicy } from '../../../../src/dhcp/policy/decide.js';
import { simulateDhcp, type PreviewDhcp } from '../../../../src/dhcp/policy/simulate-dhcp.js';
import { leasesAfter, LeaseTable, type LeaseView } from '../../../../src/dhcp/lease-table.js';
import { parseMac } from '../../../../src/net/mac-address.js';
import { BOOT_URL, settings } from './dhcp-world.js';

describe('a simulated boot beside another DHCP server', () => {
  it('chains an old iPXE into ours once, which gets its script', () => {
    const boot = { ...settings.boot, ownUserClass: 'imago' };
    const policy = dhcpPolicy({ ...settings, mode: 'proxy', boot }, { byMac: () => undefined });
    const table = new LeaseTable(policy.pools);
    const preview: PreviewDhcp = (request, before = []) =>
      policy.decide(request, 'server', before.reduce<LeaseView>(leasesAfter, table), 0);
    const mac = parseMac('52:54:00:00:00:01');
    const client = { mac, vendor: 'PXEClient', architecture: 7, userClass: 'iPXE', isIpxe: true } as const;
    const first = simulateDhcp(client, undefined, [], preview);
    const second = simulateDhcp(client, undefined, first.effects, preview);
    expect([first.boots, second.boots]).to.deep.equal(['snponly.efi', BOOT_URL]);
  });
});
