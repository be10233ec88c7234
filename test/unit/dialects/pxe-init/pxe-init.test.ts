import { expect } from 'chai';
import { ApiClient } from '../../../../src/api/client.js';
import { parseConfig } from '../../../../src/config/parse-config.js';
import { imageKind, machineKind } from '../../../../src/dialects/pxe-init/netboot-kinds.js';
import { openPxeInit } from '../../../../src/dialects/pxe-init/open-pxe-init.js';
import { newHost } from '../../../../src/host/host.js';
import { parseSerial } from '../../../../src/host/serial.js';
import type { OtherSystem } from '../../../../src/http/dialect.js';
import { parseMac } from '../../../../src/net/mac-address.js';
import { dataFolder, type DataFolder } from '../../../support/data-folder.js';
import { InMemoryHostStore } from '../../../support/fake-host-store.js';
import { houseConfig, openHouse, type House } from '../../../support/http-house.js';
import { rejection } from '../../../support/rejection.js';

const MAC = '52:54:00:00:00:01';
const NULL_MAC = '52:54:00:00:00:02';

const fcos = {
  kernel: '/fcos/kernel',
  initrd: 'fcos/initrd.img',
  rootfs: 'http://files.test/rootfs.img',
  arguments: ['console=ttyS0'],
};

describe('pxe-init', () => {
  let store: InMemoryHostStore;
  let system: OtherSystem;
  let house: House;
  let api: ApiClient;
  let images: DataFolder | undefined;

  const open = async (section = 'pxeInit: { enabled: true }') => {
    images = await dataFolder({ 'v1/vmlinuz': 'v1 vmlinuz' });
    const parsed = parseConfig(`${houseConfig}${section}\n`, 'house.yaml');
    const config = { ...parsed, paths: { ...parsed.paths, images: images.root } };
    const cards = [parseMac('52:54:00:00:00:0a'), parseMac('52:54:00:00:00:0b')];
    store = new InMemoryHostStore(
      [newHost(parseSerial('ser1'), { cards }), newHost(parseSerial('ser2'))],
      'defaulttoken',
      [imageKind, machineKind],
    );
    system = openPxeInit({ config: () => config, store, reach: () => undefined });
    house = await openHouse({
      store,
      netboot: system.netboot,
      dialects: (services) => (system.dialect ? [system.dialect(services)] : []),
      ...(system.source && { sources: { order: ['hosts', 'pxe-init'], all: [system.source] } }),
    });
    api = new ApiClient({ baseUrl: house.url, operator: 'ada' });
  };
  afterEach(async () => {
    await house.close();
    await images?.close();
    images = undefined;
  });

  const at = async (path: string) => {
    const answer = await fetch(house.urlOf('pxe-init') + path);
    return [answer.status, await answer.text()];
  };

  describe('answers machines', () => {
    beforeEach(async () => {
      await open();
      await api.putNetbootImage('fcos', fcos);
      await api.tieNetbootMachine(MAC, 'fcos');
      await api.tieNetbootMachine(NULL_MAC, null);
    });

    const script = (base: string) => `#!ipxe
kernel ${base}/fcos/kernel coreos.live.rootfs_url=http://files.test/rootfs.img coreos.first_boot=1 coreos.autologin console=ttyS0
initrd ${base}/fcos/initrd.img
boot
`;

    for (const { path, want } of [
      {
        path: '/boot.ipxe',
        want: [
          200,
          '#!ipxe\nchain ipxe?mac=${mac:hexhyp}&uuid=${uuid}&domain=${domain}&hostname=${hostname}&serial=${serial}\n',
        ],
      },
      {
        path: '/ipxe?mac=52-54-00-00-00-01&uuid=u&domain=&hostname=&serial=s',
        want: [200, script('http://10.75.0.1:8080')],
      },
      { path: `/ipxe?mac=${NULL_MAC}`, want: [200, '#!ipxe\nexit 1\n'] },
      { path: '/ipxe?mac=52-54-00-00-00-99', want: [404, ''] },
      { path: '/ipxe?mac=none', want: [404, ''] },
      { path: '/ipxe', want: [404, ''] },
      { path: '/nothing', want: [404, ''] },
      { path: '/health', want: [200, 'ok\n'] },
      { path: '/ready', want: [200, 'ok\n'] },
    ]) {
      it(path, async () => expect(await at(path)).to.deep.equal(want));
    }

    it('with an image alone of a kernel', async () => {
      await api.putNetbootImage('small', { kernel: 'http://files.test/k' });
      await api.tieNetbootMachine(MAC, 'small');
      expect(await at(`/ipxe?mac=${MAC}`)).to.deep.equal([
        200,
        '#!ipxe\nkernel http://files.test/k coreos.first_boot=1 coreos.autologin\nboot\n',
      ]);
    });

    it('with paths below another server, where one is set', async () => {
      await house.close();
      await images?.close();
      await open('pxeInit: { enabled: true, baseUrl: "http://forward.test/pxe/" }');
      await api.putNetbootImage('fcos', fcos);
      await api.tieNetbootMachine(MAC, 'fcos');
      expect(await at(`/ipxe?mac=${MAC}`)).to.deep.equal([200, script('http://forward.test/pxe')]);
    });

    it('with the files of paths.images, a part of them where that is asked for', async () => {
      const answer = await fetch(`${house.urlOf('pxe-init')}/images/v1/vmlinuz`, {
        headers: { Range: 'bytes=3-6' },
      });
      expect([answer.status, await answer.text()]).to.deep.equal([206, 'vmli']);
    });

    it('who ask imago itself, by the same image, and become no hosts', async () => {
      const text = await (await fetch(`${house.url}/ipxe?serial=new&mac=${MAC}`)).text();
      expect(text).to.include(
        'kernel http://10.75.0.1:8080/fcos/kernel initrd=initrd.img coreos.live.rootfs_url=http://files.test/rootfs.img coreos.first_boot=1 coreos.autologin console=ttyS0 || goto failed\n',
      );
      const none = await (await fetch(`${house.url}/ipxe?serial=new&mac=${NULL_MAC}`)).text();
      expect(none).to.match(/^#!ipxe\necho .*\nexit 1\n$/);
      expect(store.size).to.equal(2);
    });

    it('whose image was taken away in the repository: they wait, or get nothing', async () => {
      await store
        .records(imageKind)
        .change('fcos', () => ({ record: undefined, code: 'removed' }), { name: 'git', kind: 'operator' });
      expect(await at(`/ipxe?mac=${MAC}`)).to.deep.equal([404, '']);
      const text = await (await fetch(`${house.url}/ipxe?serial=new&mac=${MAC}`)).text();
      expect(text).to.include("pxe-init: there is no image 'fcos'");
      expect(text).to.include('sleep 15\n');
    });
  });

  describe('keeps images and machines', () => {
    beforeEach(async () => {
      await open();
      await api.putNetbootImage('fcos', fcos);
    });

    it('by name, with who changed what', async () => {
      await api.putNetbootImage('fcos', { ...fcos, initrd: '' });
      await api.putNetbootImage('alpine', { kernel: 'k' });
      await api.tieNetbootMachine(MAC, 'fcos');
      expect(await api.netbootImages()).to.deep.equal([
        { name: 'alpine', kernel: 'k', initrd: '', rootfs: '', arguments: [], machines: [] },
        { name: 'fcos', ...fcos, initrd: '', machines: [MAC] },
      ]);
      const history = await store.records(imageKind).history('fcos');
      expect(history.map(({ author, what }) => [author, what])).to.deep.equal([
        ['claimed:ada', 'changed to other files'],
        ['claimed:ada', 'registered'],
      ]);
      const [tied] = await store.records(machineKind).history(MAC);
      expect([tied?.author, tied?.what]).to.deep.equal(['claimed:ada', 'tied to fcos']);
    });

    it('of a host by all its network cards', async () => {
      const both = ['52:54:00:00:00:0a', '52:54:00:00:00:0b'];
      const machines = both.map((mac) => ({ mac, image: 'fcos', serial: 'ser1' }));
      expect(await api.tieNetbootMachine('ser1', 'fcos')).to.deep.equal(machines);
      expect(await api.netbootMachines()).to.deep.equal(machines);
      await api.untieNetbootMachine('ser1');
      expect(await api.netbootMachines()).to.deep.equal([]);
    });

    it('and refuses to remove an image that machines are tied to, naming them, unless it is forced', async () => {
      await api.tieNetbootMachine(MAC, 'fcos');
      expect(await rejection(api.removeNetbootImage('fcos', false))).to.include({
        code: 'NETBOOT_IMAGE_TIED',
        message: `'fcos' is the image of 1 machine (${MAC}): tie them to another, or untie them`,
      });
      await api.removeNetbootImage('fcos', true);
      expect(await api.netbootImages()).to.deep.equal([]);
      expect(await api.netbootMachines()).to.deep.equal([]);
    });

    it('and never has a machine tied to an image that goes at the same moment', async () => {
      const outcomes = await Promise.allSettled([
        api.tieNetbootMachine(MAC, 'fcos'),
        api.removeNetbootImage('fcos', false),
        api.tieNetbootMachine(NULL_MAC, 'fcos'),
      ]);
      expect(outcomes.some(({ status }) => status === 'rejected')).to.equal(true);
      const names = (await api.netbootImages()).map(({ name }) => name);
      for (const { image } of await api.netbootMachines()) expect(names).to.include(image);
    });

    for (const { name, act, status, says } of [
      {
        name: 'an image that there is not',
        act: () => api.tieNetbootMachine(MAC, 'other'),
        status: 404,
        says: "there is no image 'other': register it, or name one that is registered",
      },
      {
        name: 'removing it',
        act: () => api.removeNetbootImage('other', false),
        status: 404,
        says: "there is no image 'other': register it, or name one that is registered",
      },
      {
        name: 'untying a machine that is not tied',
        act: () => api.untieNetbootMachine(MAC),
        status: 404,
        says: `'${MAC}' is tied to no image: see imagoctl netboot machines`,
      },
      {
        name: 'what is neither a host nor a MAC address',
        act: () => api.tieNetbootMachine('other', 'fcos'),
        status: 400,
        says: "'other' is not the serial of a host, nor a MAC address: imagoctl list shows the hosts; an address is written as in 52:54:00:00:00:01",
      },
      {
        name: 'a host without network cards',
        act: () => api.tieNetbootMachine('ser2', 'fcos'),
        status: 400,
        says: 'no network card of ser2 is known yet: name one by its MAC address',
      },
      {
        name: 'a kernel that iPXE would take for more than one word',
        act: () => api.putNetbootImage('bad', { kernel: 'k boot' }),
        status: 400,
        says: /^kernel: 'k boot' is not one word of iPXE: /,
      },
      {
        name: 'a kernel with a setting of iPXE',
        act: () => api.putNetbootImage('bad', { kernel: '${mac}' }),
        status: 400,
        says: /^kernel: '\$\{mac\}' is not one word of iPXE: /,
      },
      {
        name: 'an argument that ends the command',
        act: () => api.putNetbootImage('bad', { kernel: 'k', arguments: ['||'] }),
        status: 400,
        says: /^arguments: '\|\|' is not one word of iPXE: /,
      },
      {
        name: 'a name that is none of a record',
        act: () => api.putNetbootImage('.bad', { kernel: 'k' }),
        status: 400,
        says: /'\.bad'/,
      },
    ]) {
      it(`and refuses ${name}`, async () => {
        const error = await rejection(act());
        expect(error).to.include({ status });
        if (typeof says === 'string') expect(error.message).to.equal(says);
        else expect(error.message).to.match(says);
      });
    }
  });

  it('says what to set where it is off', async () => {
    house = await openHouse();
    const off = new ApiClient({ baseUrl: house.url, operator: 'ada' });
    for (const act of [
      () => off.netbootImages(),
      () => off.putNetbootImage('a', { kernel: 'k' }),
      () => off.removeNetbootImage('a', false),
      () => off.netbootMachines(),
      () => off.tieNetbootMachine(MAC, null),
      () => off.untieNetbootMachine(MAC),
    ]) {
      expect(await rejection(act())).to.include({
        status: 409,
        code: 'NETBOOT_OFF',
        message: 'no images for machines are kept here: set pxeInit.enabled, and restart imago',
      });
    }
  });
});
