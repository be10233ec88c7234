import { expect } from 'chai';
import { firmwareWords } from '../../../src/api/firmware-names.js';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { openHouseWithDhcp } from '../../support/house-with-dhcp.js';
import type { House } from '../../support/http-house.js';
import { imagoctl } from '../../support/run-imagoctl.js';

describe('the words for firmware', () => {
  let house: House;
  const run = (...argv: string[]) =>
    imagoctl(argv, { IMAGO_HOST: '127.0.0.1', IMAGO_PORT: new URL(house.url).port });

  before(async () => {
    const host = newHost(parseSerial('ser1'), {
      state: 'running',
      profile: 'default',
      internalAddress: parseIpv4('10.75.0.20'),
      bootMac: parseMac('52:54:00:00:00:01'),
    });
    house = await openHouseWithDhcp([host]);
  });
  after(() => house.close());

  for (const command of [
    ['explain', 'ser1'],
    ['render', 'ser1'],
    ['simulate', 'boot', 'ser1'],
  ]) {
    const name = command.join(' ');
    const said = async (...words: string[]) => {
      const { stdout, stderr } = await run(...command, ...words);
      return { stdout, isUsage: stderr.includes('imagoctl help') };
    };

    for (const word of firmwareWords) {
      it(`${name} --firmware ${word} is taken`, async () => {
        const { stdout, isUsage } = await said('--firmware', word);
        expect(stdout).to.match(/sanboot|exit/);
        expect(isUsage).to.equal(false);
      });
    }

    it(`${name} takes --platform as another name of --firmware`, async () => {
      expect(await said('--platform', 'efi')).to.deep.equal(await said('--firmware', 'uefi'));
    });

    for (const [word, meaning] of [
      ['http', 'uefi-http'],
      ['pcbios', 'bios'],
      ['efi', 'uefi'],
    ] as const) {
      it(`${name}: ${word} is ${meaning}`, async () => {
        expect(await said('--firmware', word)).to.deep.equal(await said('--firmware', meaning));
      });
    }
  }
});
