import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { pino } from 'pino';
import { Simulation } from '../../../src/api/simulation.js';
import { parseConfig } from '../../../src/config/parse-config.js';
import { openBootcfg } from '../../../src/dialects/bootcfg/open-bootcfg.js';
import { openMatchbox } from '../../../src/dialects/matchbox/open-matchbox.js';
import { imageKind, machineKind } from '../../../src/dialects/pxe-init/netboot-kinds.js';
import { openPxeInit } from '../../../src/dialects/pxe-init/open-pxe-init.js';
import type { OtherSystem } from '../../../src/http/dialect.js';
import { dataFolder, type DataFolder } from '../../support/data-folder.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';
import { imagoctl } from '../../support/run-imagoctl.js';

const MAC = '52:54:00:00:00:01';
const logger = pino({ level: 'silent' });
const clock = () => new Date(0);
const reach = () => undefined;

/** Everything of `ipxe` that the machine loads: what is there with its size, else the fault. */
async function filesOf(house: House): Promise<string[]> {
  const answer = await fetch(`${house.operatorUrl}/api/v1/simulations`, {
    method: 'POST',
    body: JSON.stringify({ mac: MAC }),
    headers: { 'content-type': 'application/json' },
  });
  const { steps } = Simulation.parse(await answer.json());
  const files = steps.find(({ step }) => step === 'ipxe')?.files ?? [];
  return files.map(({ url, from, bytes, fault }) => `${from} ${url}: ${fault ?? bytes ?? 'unknown'}`);
}

describe('a simulated boot by another system', () => {
  let folder: DataFolder;
  let system: OtherSystem | undefined;
  let house: House | undefined;

  beforeEach(async () => {
    folder = await dataFolder({
      'files/v1/vmlinuz': '0123456789',
      'files/v1/.hidden': 'x',
      [`boot/mac/${MAC}`]: {
        kernel: '/images/v1/vmlinuz',
        initrd: ['/images/v1/none', '/images/v1/.hidden', '/other', 'http://10.75.0.9:8080/images/x'],
        cmdline: { 'cloud-config-url': 'http://10.75.0.1:8080/cloud?mac=a' },
      },
      'groups/node.json': { id: 'node', profile: 'p' },
      'profiles/p.json': {
        id: 'p',
        boot: {
          kernel: '/assets/v1/vmlinuz',
          initrd: ['/assets/v1/none'],
          args: [
            'ignition.config.url=http://10.75.0.1:8080/ignition?mac=a',
            'sig=http://10.75.0.1:8080/ignition.sig',
          ],
        },
      },
    });
  });
  afterEach(async () => {
    await house?.close();
    await system?.close?.();
    await folder.close();
    system = house = undefined;
  });

  const open = async (opened: OtherSystem) => {
    system = opened;
    house = await openHouse({
      ...(opened.source && { sources: { order: [opened.source.name as 'bootcfg'], all: [opened.source] } }),
      fileAt: opened.fileAt,
    });
    return house;
  };
  const config = (section: string) => {
    const parsed = parseConfig(`${houseConfig}${section}\n`, 'house.yaml');
    return { ...parsed, paths: { ...parsed.paths, images: join(folder.root, 'files') } };
  };

  it('looks for images of bootcfg where its listener has them', async () => {
    const bootcfg = { data: folder.root, images: join(folder.root, 'files') };
    const all = { ...config(''), bootcfg };
    const files = await filesOf(await open(openBootcfg({ config: () => all, logger, clock })));
    const missing = `${bootcfg.images} has no such file: put it there`;
    expect(files).to.have.members([
      'imago http://10.75.0.1:8080/images/v1/vmlinuz: 10',
      `imago http://10.75.0.1:8080/images/v1/none: ${missing}`,
      `imago http://10.75.0.1:8080/images/v1/.hidden: ${missing}`,
      'imago http://10.75.0.1:8080/other: nothing is served there',
      'elsewhere http://10.75.0.9:8080/images/x: unknown',
    ]);
  });

  for (const { assets, faults } of [
    { assets: true, faults: ['10', '/files has no such file: put it there'] },
    {
      assets: false,
      faults: [
        'no file is served there: set matchbox.assets',
        'no file is served there: set matchbox.assets',
      ],
    },
  ]) {
    it(`looks for ${assets ? 'assets of matchbox' : 'assets where matchbox has no folder for them'}`, async () => {
      const matchbox = {
        data: folder.root,
        records: false,
        ...(assets && { assets: join(folder.root, 'files') }),
      };
      const all = { ...config(''), matchbox };
      const store = new InMemoryHostStore([]);
      const opened = await openMatchbox({ config: () => all, logger, clock, reach, store, environment: {} });
      const files = await filesOf(await open(opened));
      expect(files.map((file) => file.replace(folder.root, ''))).to.deep.equal(
        [
          'imago http://10.75.0.1:8080/ignition.sig: nothing is served there',
          `imago http://10.75.0.1:8080/assets/v1/vmlinuz: ${faults[0]}`,
          `imago http://10.75.0.1:8080/assets/v1/none: ${faults[1]}`,
        ].sort((a, b) => order(a) - order(b)),
      );
    });
  }
  /** As they stand in the script: the kernel with its arguments first. */
  const order = (file: string) =>
    ['vmlinuz', 'ignition.sig', 'none'].findIndex((name) => file.includes(name));

  it('looks for images of pxe-init', async () => {
    const store = new InMemoryHostStore([], 'defaulttoken', [imageKind, machineKind]);
    const all = config('pxeInit: { enabled: true }');
    const opened = openPxeInit({ config: () => all, store, reach });
    const at = await open(opened);
    const image = { kernel: '/images/v1/vmlinuz', initrd: '/images/v1/none', rootfs: '', arguments: [] };
    await opened.netboot?.putNetbootImage?.({
      params: { name: 'fcos' },
      caller: { name: 'ada' },
      body: () => Promise.resolve(image),
    } as never);
    await opened.netboot?.tieNetbootMachine?.({
      params: { machine: MAC },
      caller: { name: 'ada' },
      body: () => Promise.resolve({ image: 'fcos' }),
    } as never);
    expect(await filesOf(at)).to.deep.equal([
      'imago http://10.75.0.1:8080/images/v1/vmlinuz: 10',
      `imago http://10.75.0.1:8080/images/v1/none: ${join(folder.root, 'files')} has no such file: put it there`,
    ]);
  });
});

describe('a simulated boot that an operator ordered', () => {
  let house: House;
  let origin: Server;
  let url: string;
  const asked: string[] = [];

  before(async () => {
    origin = createServer(({ method, url: path = '' }, response) => {
      asked.push(`${method} ${path}`);
      if (path === '/headless') response.writeHead(405).end();
      else if (path === '/kernel') response.writeHead(200, { 'content-length': 7 }).end();
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`;
  });
  after(() => new Promise((resolve) => origin.close(resolve)));
  beforeEach(async () => {
    asked.length = 0;
    house = await openHouse();
  });
  afterEach(() => house.close());

  const order = (kernel: { file: string } | { url: string }) =>
    house.services.boots.order(
      { kernel, initrds: [], cmdline: '', message: '', macs: [MAC], includeRunning: false },
      'ada',
    );
  const play = () =>
    imagoctl(['simulate', 'boot', MAC], {
      IMAGO_HOST: '127.0.0.1',
      IMAGO_PORT: new URL(house.operatorUrl).port,
    });

  it('shows the size of a file that was brought, and takes no turn', async () => {
    const { id } = await order({ file: 'vmlinuz' });
    const content = Buffer.from('1234567');
    await house.services.boots.piece(id, 'kernel', 0, content);
    await house.services.boots.complete(id, 'kernel', createHash('sha256').update(content).digest('hex'));
    const files = await filesOf(house);
    expect(files).to.have.length(1);
    expect(files[0]).to.match(/^imago http:.*\/boot-file\/.*\/vmlinuz: 7$/);
    expect(house.services.boots.list()[0]?.booted).to.deep.equal([]);
  });

  it('is stuck where the origin of its kernel has none: imagoctl looks there', async () => {
    await order({ url: `${url}/nokernel` });
    expect(await filesOf(house)).to.deep.equal([`elsewhere ${url}/nokernel: unknown`]);
    expect(asked, 'imago asks nobody').to.deep.equal([]);
    const { code, stdout } = await play();
    expect(code).to.equal(1);
    expect(stdout).to.include(`FAULT: ${url}/nokernel: its server answers 404`);
    expect(asked).to.deep.equal(['HEAD /nokernel']);
    expect(house.services.boots.list()[0]?.booted).to.deep.equal([]);
    expect(await readdir(join(house.folder, 'mirror')).catch(() => []), 'nothing is fetched').to.deep.equal(
      [],
    );
  });

  it('is well where the origin has it, or takes no such question', async () => {
    await order({ url: `${url}/kernel` });
    expect(await play()).to.include({ code: 0 });
    await order({ url: `${url}/headless` });
    const { code, stdout } = await play();
    expect(code).to.equal(0);
    expect(stdout).to.include(`${url}/headless  on another server`);
  });
});
