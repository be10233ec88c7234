import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dhcpPolicy } from '../../src/dhcp/policy/decide.js';
import { parseConfig } from '../../src/config/parse-config.js';
import { dhcpSettingsOf, knownHostsOf } from '../../src/daemon/dhcp-settings.js';
import { sizeOf } from '../../src/daemon/tftp.js';
import { leasesAfter, LeaseTable, type LeaseView } from '../../src/dhcp/lease-table.js';
import type { Host } from '../../src/host/host.js';
import { rootSource } from '../../src/tftp/root-source.js';
import { InMemoryHostStore } from './fake-host-store.js';
import { houseConfig, openHouse, type House } from './http-house.js';

/** A house whose DHCP and TFTP can be asked what they would answer; its boot loaders are those of Debian by name. */
export async function openHouseWithDhcp(hosts: readonly Host[] = [], text = houseConfig): Promise<House> {
  const tftpRoot = await mkdtemp(join(tmpdir(), 'imago-tftp-'));
  for (const name of ['undionly.kpxe', 'snponly.efi'])
    await writeFile(join(tftpRoot, name), name.repeat(100));
  const source = rootSource(tftpRoot);
  const config = `${text}\npaths: { tftpRoot: ${tftpRoot} }\n`;
  const parsed = parseConfig(config, 'house.yaml');
  const store = new InMemoryHostStore(hosts);
  const settings = dhcpSettingsOf(parsed);
  const policy = settings && dhcpPolicy(settings, knownHostsOf(store, parsed));
  const leases = new LeaseTable(policy?.pools ?? []);
  return openHouse({
    config,
    store,
    previewDhcp:
      policy &&
      ((request, before = []) =>
        policy.decide(request, 'server', before.reduce<LeaseView>(leasesAfter, leases), 0)),
    tftpSize: (name, client) => sizeOf(source, name, client),
  });
}
