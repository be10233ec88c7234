import { symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { pino } from 'pino';
import { parseConfig } from '../../../../src/config/parse-config.js';
import { openBootcfg } from '../../../../src/dialects/bootcfg/open-bootcfg.js';
import { LARGEST_FILE } from '../../../../src/dialects/bootcfg/folder/data-folder.js';
import type { OtherSystem } from '../../../../src/http/dialect.js';
import { dataFolder, type DataFolder } from '../../../support/data-folder.js';
import { openFiles } from '../../../support/open-files.js';
import { houseConfig, openHouse, type House } from '../../../support/http-house.js';

const UUID = '16e7d8a7-bfa9-428b-9117-363341bb330b';

const stable = {
  kernel: '/images/coreos/835.9.0/coreos_production_pxe.vmlinuz',
  initrd: ['/images/coreos/835.9.0/coreos_production_pxe_image.cpio.gz'],
  cmdline: {
    'cloud-config-url': 'http://172.17.0.2:8080/cloud?uuid=${uuid}&mac=${net0/mac:hexhyp}',
    'coreos.autologin': '',
  },
};

const stableScript = `#!ipxe
kernel /images/coreos/835.9.0/coreos_production_pxe.vmlinuz cloud-config-url=http://172.17.0.2:8080/cloud?uuid=\${uuid}&mac=\${net0/mac:hexhyp} coreos.autologin
initrd /images/coreos/835.9.0/coreos_production_pxe_image.cpio.gz
boot
`;

const NOT_FOUND = '404 page not found\n';

describe('bootcfg, at its own port', () => {
  let data: DataFolder;
  let images: DataFolder;
  let system: OtherSystem;
  let house: House;
  let url: string;
  const lines: string[] = [];

  before(async () => {
    data = await dataFolder({
      [`boot/uuid/${UUID}`]: stable,
      'boot/mac/52:54:00:89:d8:10': { kernel: 'k', initrd: ['a', 'http://other/b'] },
      'boot/default': { kernel: '/images/k', cmdline: { b: '2', a: '1', B: '', é: 'x', z: '' } },
      'boot/mac/52:54:00:00:00:0f': '{\n  "kernel": 5\n}\n',
      [`cloud/uuid/${UUID}`]: '#cloud-config\nhostname: <one>\n',
      'cloud/mac/52:54:00:89:d8:10': '<b>\u00e9',
    });
    images = await dataFolder({ 'coreos/vmlinuz': '0123456789', '.hidden': 'x' });
    const config = {
      ...parseConfig(houseConfig, 'house.yaml'),
      bootcfg: { data: data.root, images: images.root },
    };
    const logger = pino({ level: 'silent' });
    system = openBootcfg({ config: () => config, logger, clock: () => new Date(0) });
    house = await openHouse({
      dialects: (services) => (system.dialect ? [system.dialect(services)] : []),
      ...(system.source && { sources: { order: ['bootcfg'], all: [system.source] } }),
      logTo: { write: (line) => void lines.push(line) },
    });
    url = house.urlOf('bootcfg');
  });
  after(async () => {
    await house.close();
    await system.close?.();
    await data.close();
    await images.close();
  });
  beforeEach(() => {
    lines.length = 0;
  });

  const ask = async (path: string, init?: RequestInit) => {
    const answer = await fetch(url + path, init);
    return {
      status: answer.status,
      type: answer.headers.get('content-type'),
      text: await answer.text(),
      headers: answer.headers,
    };
  };

  const PLAIN = 'text/plain; charset=utf-8';
  const firstScript =
    '#!ipxe\nchain ipxe?uuid=${uuid}&mac=${net0/mac:hexhyp}&domain=${domain}&hostname=${hostname}&serial=${serial}\n';
  const defaultScript = '#!ipxe\nkernel /images/k B a=1 b=2 z é=x\nboot\n';
  const macScript = '#!ipxe\nkernel k\ninitrd a\ninitrd http://other/b\nboot\n';

  for (const { name, path, status = 200, type = PLAIN, text } of [
    { name: 'the first script', path: '/boot.ipxe', text: firstScript },
    { name: 'the first script as dnsmasq asks', path: '/boot.ipxe.0', text: firstScript },
    { name: 'a boot config by UUID', path: `/ipxe?uuid=${UUID}`, text: stableScript },
    {
      name: 'that of the UUID before that of the card',
      path: `/ipxe?uuid=${UUID}&mac=52-54-00-89-d8-10&domain=&hostname=&serial=`,
      text: stableScript,
    },
    { name: 'one by card', path: '/ipxe?uuid=other&mac=52-54-00-89-d8-10', text: macScript },
    { name: 'one by card, as Go reads it', path: '/ipxe?mac=5254.0089.D810', text: macScript },
    { name: 'the default', path: `/ipxe?uuid=other&mac=52-54-00-00-00-99`, text: defaultScript },
    { name: 'the default for a card that is none', path: `/ipxe?mac=no`, text: defaultScript },
    { name: 'the default where nothing is said', path: `/ipxe`, text: defaultScript },
    { name: 'the default for names that climb', path: '/ipxe?uuid=../../boot/default', text: defaultScript },
    { name: 'a cloud-config by UUID', path: `/cloud?uuid=${UUID}`, text: '#cloud-config\nhostname: <one>\n' },
    { name: 'a cloud-config by card', path: '/cloud?mac=52:54:00:89:d8:10', text: '<b>é' },
    { name: 'no cloud-config', path: '/cloud?uuid=other', status: 404, text: NOT_FOUND },
    { name: 'a faulty file', path: '/ipxe?mac=52-54-00-00-00-0f', status: 404, text: NOT_FOUND },
    { name: 'another path', path: '/', status: 404, text: NOT_FOUND },
    { name: 'a path of imago', path: '/ipxebootscript', status: 404, text: NOT_FOUND },
    {
      name: 'Pixiecore',
      path: '/pixiecore/v1/boot/52:54:00:89:d8:10',
      type: 'application/json',
      text: '{"kernel":"k","initrd":["a","http://other/b"],"cmdline":null}',
    },
    {
      name: 'Pixiecore, of a card without a file of its own',
      path: '/pixiecore/v1/boot/52:54:00:00:00:99',
      type: 'application/json',
      text: '{"kernel":"/images/k","initrd":null,"cmdline":{"B":"","a":"1","b":"2","z":"","é":"x"}}',
    },
    {
      name: 'Pixiecore, with no card',
      path: '/pixiecore/v1/boot/zz',
      status: 400,
      text: 'address zz: invalid MAC address\n',
    },
    {
      name: 'Pixiecore, at fault',
      path: '/pixiecore/v1/boot/52:54:00:00:00:0f',
      status: 404,
      text: NOT_FOUND,
    },
    { name: 'a folder of images', path: '/images/coreos/', status: 404, text: NOT_FOUND },
    { name: 'what is hidden', path: '/images/.hidden', status: 404, text: NOT_FOUND },
    {
      name: 'an image',
      path: '/images/coreos/vmlinuz',
      type: 'application/octet-stream',
      text: '0123456789',
    },
  ]) {
    it(`answers ${name} as it did: ${path}`, async () => {
      const answer = await ask(path);
      expect({ status: answer.status, type: answer.type, text: answer.text }).to.deep.equal({
        status,
        type,
        text,
      });
      expect(answer.headers.get('x-content-type-options')).to.equal(status === 200 ? null : 'nosniff');
    });
  }

  it('answers ranges of images', async () => {
    const { status, text, headers } = await ask('/images/coreos/vmlinuz', {
      headers: { Range: 'bytes=2-4' },
    });
    expect([status, text, headers.get('content-range')]).to.deep.equal([206, '234', 'bytes 2-4/10']);
  });

  it('names the file and line of a fault in the log, in few lines for a storm of asking', async () => {
    for (let count = 0; count < 50; count += 1) await ask('/ipxe?mac=52-54-00-00-00-0f');
    const named = lines.filter((line) => line.includes('boot/mac/52:54:00:00:00:0f:2: kernel: '));
    expect(named).to.have.length.within(1, 20);
  });

  it('holds an edit from the next request on', async () => {
    await data.write('boot/mac/52:54:00:00:00:22', { kernel: 'one' });
    expect((await ask('/ipxe?mac=52-54-00-00-00-22')).text).to.equal('#!ipxe\nkernel one\nboot\n');
    await data.write('boot/mac/52:54:00:00:00:22', { kernel: 'two' });
    expect((await ask('/ipxe?mac=52-54-00-00-00-22')).text).to.equal('#!ipxe\nkernel two\nboot\n');
    await data.remove('boot/mac/52:54:00:00:00:22');
    expect((await ask('/ipxe?mac=52-54-00-00-00-22')).text).to.equal(defaultScript);
  });

  for (const { name, make } of [
    { name: 'leads out of the folder', make: (path: string) => symlink('/etc/hostname', path) },
    { name: 'leads nowhere', make: (path: string) => symlink('nowhere', path) },
    {
      name: 'is too large',
      async make(path: string) {
        await writeFile(path, '{"kernel":"k"}');
        await truncate(path, LARGEST_FILE + 1);
      },
    },
    { name: 'would write a command', make: (path: string) => writeFile(path, '{"kernel":"k\\nshell"}') },
  ]) {
    it(`gives nobody's file for one that ${name}`, async () => {
      await make(join(data.root, 'boot/mac/52:54:00:00:00:33'));
      try {
        const { status, text } = await ask('/ipxe?mac=52-54-00-00-00-33');
        expect([status, text]).to.deep.equal([404, NOT_FOUND]);
        expect(system.alarms?.().map(({ message }) => message)).to.satisfy((messages: string[]) =>
          messages.some((message) => message.startsWith('boot/mac/52:54:00:00:00:33:1: ')),
        );
      } finally {
        await data.remove('boot/mac/52:54:00:00:00:33');
      }
      expect((await ask('/ipxe?mac=52-54-00-00-00-33')).text).to.equal(defaultScript);
    });
  }

  it('leaves no file open, sound or faulty', async () => {
    for (const card of ['52-54-00-89-d8-10', '52-54-00-00-00-0f']) await ask(`/ipxe?mac=${card}`);
    await ask('/images/coreos/vmlinuz');
    expect(openFiles().filter((path) => path.startsWith(data.root))).to.deep.equal([]);
  });

  it('reads names in any case, and passes over what it does not know, as Go does', async () => {
    await data.write('boot/mac/52:54:00:00:00:44', '{"Kernel":"k","INITRD":null,"more":[1]}');
    expect((await ask('/ipxe?mac=52-54-00-00-00-44')).text).to.equal('#!ipxe\nkernel k\nboot\n');
    await data.remove('boot/mac/52:54:00:00:00:44');
  });

  describe('as a source of imago’s own scripts', () => {
    it('tells a machine what its file says, from this port', async () => {
      const script = await (await fetch(`${house.url}/ipxe?uuid=other&mac=52-54-00-89-d8-10`)).text();
      expect(script).to.include(
        'kernel http://10.75.0.1:8080/k initrd=a initrd=b || goto failed\n' +
          'initrd --name a http://10.75.0.1:8080/a || goto failed\n' +
          'initrd --name b http://other/b || goto failed\n',
      );
      expect(script).to.include('chain --replace --autofree http://10.75.0.1:4080/boot.ipxe');
    });

    it('names the file that decided, and why', async () => {
      const { by, rule } = (await system.source?.find({
        mac: undefined,
        uuid: UUID,
        serial: undefined,
        labels: {},
      })) ?? { by: '', rule: '' };
      expect({ by, rule }).to.deep.equal({ by: `boot/uuid/${UUID}`, rule: 'its UUID has a file' });
    });

    it('has a machine wait whose file is at fault, with its line on the console', async () => {
      const script = await (await fetch(`${house.url}/ipxe?uuid=x&mac=52-54-00-00-00-0f`)).text();
      expect(script).to.include('bootcfg: boot/mac/52:54:00:00:00:0f:2: kernel: ');
      expect(script).to.include('sleep 15\n');
    });
  });
});
