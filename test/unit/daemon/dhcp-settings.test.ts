import { expect } from 'chai';
import { parseConfig } from '../../../src/config/parse-config.js';
import { dhcpSettingsOf, knownHostsOf } from '../../../src/daemon/dhcp-settings.js';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { DhcpWorld } from '../dhcp/policy/dhcp-world.js';
import { ascii, type PacketFields } from '../dhcp/packets.js';

/** Known, of profile `core`. */
const CORE = '52:54:00:00:00:01';
/** Known, of profile `core`, with an entry of its own in the configuration. */
const OWN = '52:54:00:00:00:02';
/** Known, of profile `core`, with an entry, and reserved a boot file. */
const RESERVED = '52:54:00:00:00:03';
/** Known, of profile `default`, which says nothing. */
const WORKER = '52:54:00:00:00:04';
const STRANGER = '52:54:00:00:00:05';

const config = (mode: string): string => `
cluster: test
network:
  interface: br0
  serverAddress: 10.75.0.1
  subnet: 10.75.0.0/24
  bootstrapRange: { first: 10.75.0.100, last: 10.75.0.199 }
  hostRange: { first: 10.75.0.10, last: 10.75.0.99 }
dhcp:
  mode: ${mode}
  loaders:
    bios: { tftp: all.kpxe }
    efi-x64: { tftp: all.efi, http: "http://10.75.0.1/all.efi" }
  reservations:
    - { mac: "${RESERVED}", loader: { tftp: reserved.efi } }
profiles:
  - name: core
    osVersion: v1
    boot:
      loaders:
        efi-x64: { tftp: core.efi }
        efi-arm64: { http: "http://10.75.0.1/core-arm64.efi" }
  - { name: default, osVersion: v1 }
hosts:
  - { serial: own, loaders: { efi-x64: { tftp: own.efi, http: "http://10.75.0.1/own.efi" } } }
  - { serial: reserved, loaders: { efi-x64: { tftp: own.efi } } }
`;

const withNames = config('server').replace('  hostRange', '  ntp: [pool.ntp.org, 10.75.0.3]\n  hostRange');

const fleet = new InMemoryHostStore(
  [
    { serial: 'core', profile: 'core', mac: CORE },
    { serial: 'own', profile: 'core', mac: OWN },
    { serial: 'reserved', profile: 'core', mac: RESERVED },
    { serial: 'worker', profile: 'default', mac: WORKER },
  ].map(({ serial, profile, mac }) =>
    newHost(parseSerial(serial), { profile, macAddresses: [parseMac(mac)] }),
  ),
);

function worldOf(mode: string): DhcpWorld {
  const parsed = parseConfig(config(mode), 'test.yaml');
  const known = knownHostsOf(fleet, parsed);
  const hosts = [CORE, OWN, RESERVED, WORKER].flatMap((mac) => {
    const host = known.byMac(parseMac(mac));
    return host ? [[mac, host] as const] : [];
  });
  return new DhcpWorld(dhcpSettingsOf(parsed), Object.fromEntries(hosts));
}

/** A DISCOVER of firmware, with the architecture in hex. */
function firmware(chaddr: string, vendorClass: string, architecture: string): PacketFields {
  return {
    chaddr,
    options: [
      [53, '01'],
      [60, ascii(vendorClass)],
      [93, architecture],
    ],
  };
}

describe('the time servers of the configuration', () => {
  it('Y13: by DHCP are those that have an address: option 42 knows no names', () => {
    const settings = dhcpSettingsOf(parseConfig(withNames, 'imago.yaml'));
    expect(settings?.subnets[0]?.ntpServers).to.deep.equal([parseIpv4('10.75.0.3')]);
  });
});

describe('the boot loaders of the configuration', () => {
  const byTftp = [
    { name: 'the global table, for a stranger', mac: STRANGER, code: '0007', want: 'all.efi' },
    { name: 'the global table, where the profile says nothing', mac: WORKER, code: '0007', want: 'all.efi' },
    { name: 'the global table, for another architecture', mac: CORE, code: '0000', want: 'all.kpxe' },
    {
      name: 'the built-in table, where nobody says anything',
      mac: CORE,
      code: '0006',
      want: 'ipxe-i386.efi',
    },
    { name: 'the profile over the global table', mac: CORE, code: '0007', want: 'core.efi' },
    { name: 'the host over its profile', mac: OWN, code: '0007', want: 'own.efi' },
    { name: 'a reservation over all of them', mac: RESERVED, code: '0007', want: 'reserved.efi' },
    {
      name: 'the file as it was, where only a URL is given',
      mac: CORE,
      code: '000b',
      want: 'ipxe-arm64.efi',
    },
  ];
  for (const mode of ['server', 'proxy']) {
    for (const { name, mac, code, want } of byTftp) {
      it(`by TFTP, as ${mode}: ${name}`, () => {
        expect(worldOf(mode).say(firmware(mac, 'PXEClient', code))?.file).to.equal(want);
      });
    }
  }

  const base = 'http://10.75.0.1';
  const byHttp = [
    { name: 'the URL of the global table', mac: STRANGER, code: '0010', want: `${base}/all.efi` },
    {
      name: 'the file of the profile, not the global URL',
      mac: CORE,
      code: '0010',
      want: `${base}:4080/tftp/core.efi`,
    },
    { name: 'the URL of the profile', mac: CORE, code: '0013', want: `${base}/core-arm64.efi` },
    { name: 'the URL of the host', mac: OWN, code: '0010', want: `${base}/own.efi` },
    {
      name: 'the file of a reservation',
      mac: RESERVED,
      code: '0010',
      want: `${base}:4080/tftp/reserved.efi`,
    },
  ];
  for (const { name, mac, code, want } of byHttp) {
    it(`by HTTP: ${name}`, () => {
      const offer = worldOf('server').say(firmware(mac, 'HTTPClient:Arch:00016', code));
      expect(offer?.options).to.include({ 60: ascii('HTTPClient'), 67: ascii(want) });
    });
  }
});
