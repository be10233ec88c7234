import { expect } from 'chai';
import { parseConfig } from '../../../src/config/parse-config.js';
import { imageKind, machineKind } from '../../../src/dialects/pxe-init/netboot-kinds.js';
import { openPxeInit } from '../../../src/dialects/pxe-init/open-pxe-init.js';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';
import { imagoctl } from '../../support/run-imagoctl.js';

describe('imagoctl netboot', () => {
  let house: House;

  before(async () => {
    const config = parseConfig(`${houseConfig}pxeInit: { enabled: true }\n`, 'house.yaml');
    const host = newHost(parseSerial('ser1'), { cards: [parseMac('52:54:00:00:00:0a')] });
    const store = new InMemoryHostStore([host], 'token', [imageKind, machineKind]);
    const { netboot } = openPxeInit({ config: () => config, store, reach: () => undefined });
    house = await openHouse({ store, netboot });
  });
  after(() => house.close());

  const run = (line: string) =>
    imagoctl(['netboot', ...line.split(' ')], {
      IMAGO_HOST: '127.0.0.1',
      IMAGO_PORT: new URL(house.url).port,
    });

  /** One session of an operator, in order. */
  for (const { line, says, fails } of [
    { line: 'images list', says: 'NAME  KERNEL  INITRD  ROOTFS\n' },
    {
      line: 'images add fcos --kernel /k --initrd /i --rootfs http://files.test/r --argument a=1 --argument b',
      says: 'fcos: registered\n',
    },
    { line: 'images add small --kernel k', says: 'small: registered\n' },
    {
      line: 'images list',
      says: 'NAME   KERNEL  INITRD  ROOTFS\nfcos   /k      /i      http://files.test/r\nsmall  k       -       -\n',
    },
    {
      line: 'images',
      says: 'NAME   KERNEL  INITRD  ROOTFS\nfcos   /k      /i      http://files.test/r\nsmall  k       -       -\n',
    },
    { line: 'tie ser1 fcos', says: '52:54:00:00:00:0a: tied to fcos\n' },
    { line: 'tie 52-54-00-00-00-01 --none', says: '52:54:00:00:00:01: tied to the null image\n' },
    {
      line: 'machines',
      says: 'MAC                IMAGE  SERIAL\n52:54:00:00:00:01  -      -\n52:54:00:00:00:0a  fcos   ser1\n',
    },
    { line: 'images remove fcos', fails: "'fcos' is the image of 1 machine (52:54:00:00:00:0a)" },
    { line: 'untie ser1', says: 'ser1: untied\n' },
    { line: 'images remove fcos small', says: 'fcos: removed\nsmall: removed\n' },
    { line: 'images remove fcos', fails: "there is no image 'fcos'" },
    { line: 'tie ser1', fails: 'give a serial or MAC address, and an image or --none' },
    { line: 'tie ser1 a --none', fails: 'give a serial or MAC address, and an image or --none' },
    {
      line: 'tie ser9 fcos',
      fails: "'ser9' is not the serial of a host, nor a MAC address: imagoctl list shows",
    },
    { line: 'images add a', fails: 'give its kernel: --kernel URL' },
    { line: 'images remove', fails: 'name an image' },
    { line: 'images burn', fails: 'say what to do with images: one of list, add, remove' },
    { line: 'boot', fails: 'say what to do first: one of images, machines, tie, untie' },
  ]) {
    it(line, async () => {
      const { stdout, stderr, code } = await run(line);
      if (fails === undefined) expect({ stdout, code }, stderr).to.deep.equal({ stdout: says, code: 0 });
      else {
        expect(stderr).to.include(fails);
        expect(code).to.not.equal(0);
      }
    });
  }

  it('images list -o json', async () => {
    await run('images add fcos --kernel /k --argument a=1');
    expect(JSON.parse((await run('images list -o json')).stdout)).to.deep.equal([
      { name: 'fcos', kernel: '/k', initrd: '', rootfs: '', arguments: ['a=1'], machines: [] },
    ]);
    expect((await run('images list -o name')).stdout).to.equal('fcos\n');
  });
});
