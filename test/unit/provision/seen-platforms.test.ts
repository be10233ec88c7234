import { expect } from 'chai';
import { newHost, type Host } from '../../../src/host/host.js';
import type { Platform } from '../../../src/host/platform.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { SeenPlatforms } from '../../../src/provision/seen-platforms.js';

const serial = parseSerial('ser1');
const eth0 = parseMac('52:54:00:00:00:01');
const eth1 = parseMac('52:54:00:00:00:02');
const stranger = parseMac('52:54:00:00:00:99');

describe('B2: SeenPlatforms', () => {
  it('N15: tells of a card that is no host’s, too', () => {
    const platforms = new SeenPlatforms(() => undefined);
    platforms.saw(stranger, 'bios');
    expect([platforms.ofCard(stranger), platforms.ofCard(eth0)]).to.deep.equal(['bios', undefined]);
  });

  const table: {
    name: string;
    host?: Partial<Host>;
    saw: [typeof eth0 | typeof serial, Platform | undefined][];
    want: Platform | undefined;
  }[] = [
    { name: 'nothing seen, nothing recorded', saw: [], want: undefined },
    { name: 'what is recorded', host: { platform: 'uefi' }, saw: [], want: 'uefi' },
    { name: 'what was seen since', host: { platform: 'uefi' }, saw: [[serial, 'bios']], want: 'bios' },
    { name: 'by the card that DHCP saw', saw: [[eth1, 'uefi']], want: 'uefi' },
    {
      name: 'the last of several',
      saw: [
        [eth0, 'uefi'],
        [serial, 'uefi'],
        [eth1, 'bios'],
      ],
      want: 'bios',
    },
    { name: 'nothing of a system that says nothing', saw: [[eth0, undefined]], want: undefined },
    { name: 'nothing of another machine', saw: [[stranger, 'uefi']], want: undefined },
  ];
  for (const { name, host = {}, saw, want } of table) {
    it(`${name}: ${want ?? 'unknown'}`, () => {
      const platforms = new SeenPlatforms(() => undefined);
      for (const [who, platform] of saw) platforms.saw(who, platform);
      expect(platforms.of(newHost(serial, { bootMac: eth0, macAddresses: [eth1], ...host }))).to.equal(want);
    });
  }

  it('forgets those first that were seen longest ago, once there are too many', () => {
    const met: string[] = [];
    const platforms = new SeenPlatforms((name) => met.push(name), 2);
    platforms.saw(eth0, 'uefi');
    platforms.saw(eth1, 'uefi');
    platforms.saw(eth0, 'bios');
    platforms.saw(stranger, 'bios');
    expect(platforms.of(newHost(serial, { bootMac: eth1 }))).to.equal(undefined);
    expect(platforms.of(newHost(serial, { bootMac: eth0 }))).to.equal('bios');
    expect(met).to.deep.equal(['seen-platforms']);
  });
});
