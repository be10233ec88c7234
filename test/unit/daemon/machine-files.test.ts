import { resolve } from 'node:path';
import { expect } from 'chai';
import { pino } from 'pino';
import { parseConfig } from '../../../src/config/parse-config.js';
import { machineFiles } from '../../../src/daemon/machine-files.js';
import { newHost } from '../../../src/host/host.js';
import type { Platform } from '../../../src/host/platform.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { SeenPlatforms } from '../../../src/provision/seen-platforms.js';
import { createTemplates } from '../../../src/template/catalog.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { houseConfig } from '../../support/http-house.js';

const card = parseMac('52:54:00:00:00:01');
const client = parseIpv4('10.75.0.100');
const NAME = 'pxelinux.cfg/01-52-54-00-00-00-01';

describe('files made for the machine that asks', () => {
  const made = (recorded: Platform | undefined, seen: Platform | undefined, isHost = true) => {
    const platforms = new SeenPlatforms(() => undefined);
    platforms.saw(card, seen);
    const host = newHost(parseSerial('ser1'), {
      macAddresses: [card],
      ...(recorded && { platform: recorded }),
    });
    return machineFiles({
      config: () => parseConfig(houseConfig, 'house.yaml'),
      fleet: new InMemoryHostStore(isHost ? [host] : []),
      leases: { macOfAddress: () => card },
      platforms,
      templates: createTemplates({
        templatesDir: resolve('templates'),
        snippetsDir: resolve('template_snippets'),
      }),
      logger: pino({ level: 'silent' }),
    });
  };

  const table: {
    name: string;
    recorded?: Platform;
    seen?: Platform;
    isHost?: false;
    want: boolean;
  }[] = [
    { name: 'a BIOS that DHCP saw gets its configuration of PXELINUX', seen: 'bios', want: true },
    { name: 'so does one that nobody knows', seen: 'bios', isHost: false, want: true },
    { name: 'and one seen before the daemon started', recorded: 'bios', want: true },
    { name: 'EFI gets none', seen: 'uefi', want: false },
    { name: 'nor one that was changed to EFI since', recorded: 'bios', seen: 'uefi', want: false },
    { name: 'nor a stranger with EFI, as U-Boot on ARM is', seen: 'uefi', isHost: false, want: false },
    { name: 'nor one of which nothing is known', isHost: false, want: false },
  ];
  for (const { name, recorded, seen, isHost, want } of table) {
    it(`N15: ${name}`, async () => {
      const text = (await made(recorded, seen, isHost)(NAME, client))?.toString();
      expect(text).to.equal(want ? 'DEFAULT imago\nPROMPT 0\nLABEL imago\n  KERNEL /ipxe.lkrn\n' : undefined);
    });
  }

  it('autoexec.ipxe is for every platform', async () => {
    expect((await made(undefined, undefined)('autoexec.ipxe', client))?.toString()).to.match(/^#!ipxe\n/);
  });
});
