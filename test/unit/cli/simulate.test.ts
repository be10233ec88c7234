import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect } from 'chai';
import type { SimulatedFile, Simulation } from '../../../src/api/simulation.js';
import { renderSimulation } from '../../../src/cli/render-simulation.js';
import { withSizesElsewhere } from '../../../src/cli/commands/simulate.js';
import { openHouseWithDhcp } from '../../support/house-with-dhcp.js';
import type { House } from '../../support/http-house.js';
import { imagoctl } from '../../support/run-imagoctl.js';

const simulation = (files: readonly SimulatedFile[], fault?: string): Simulation => ({
  serial: 'ser1',
  mac: '52:54:00:00:00:01',
  faults: fault === undefined ? 0 : 1,
  steps: [
    {
      step: 'ipxe',
      answer: 'its installer (install.ipxe)',
      rule: 'it is configured',
      details: ['OFFER to everyone'],
      files: [...files],
      text: '#!ipxe\n\nboot\u{1b}\n',
      ...(fault !== undefined && { fault }),
    },
  ],
});

describe('cli/render-simulation', () => {
  it('shows each step: the answer, its rule, the fields of DHCP, the script, the files and what is wrong', () => {
    const files: SimulatedFile[] = [
      { url: 'http://a/vmlinuz', from: 'imago', bytes: 9_100_000 },
      { url: 'http://a/mirror/x/y', from: 'mirror' },
      { url: 'http://b/z', from: 'elsewhere' },
      { url: 'http://a/initrd', from: 'imago', fault: 'there is no such image' },
    ];
    expect(
      renderSimulation(simulation(files, 'it has to wait'), { color: false, full: false }),
    ).to.deep.equal([
      'ipxe  its installer (install.ipxe)',
      '      it is configured',
      '      OFFER to everyone',
      '      | #!ipxe',
      '      |',
      '      | boot\u{fffd}',
      '      http://a/vmlinuz  9.1 MB',
      '      http://a/mirror/x/y  fetched from its origin when the first machine asks',
      '      http://b/z  on another server',
      '      FAULT: http://a/initrd: there is no such image',
      '      FAULT: it has to wait',
    ]);
  });
});

describe('cli/sizes-elsewhere', () => {
  let server: Server;
  let base: string;
  before(async () => {
    server = createServer((request, response) => {
      response.writeHead(request.url === '/there' ? 200 : 404, { 'content-length': 42 }).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  const look = async (url: string) => {
    const { steps, faults } = await withSizesElsewhere(simulation([{ url, from: 'elsewhere' }]));
    return { file: steps[0]?.files[0], faults };
  };

  it('asks another server how large the file is', async () => {
    const url = `${base}/there`;
    expect(await look(url)).to.deep.equal({ file: { url, from: 'elsewhere', bytes: 42 }, faults: 0 });
  });

  it('counts what is not there as a fault', async () => {
    expect(await look(`${base}/gone`)).to.deep.include({ faults: 1 });
    expect((await look(`${base}/gone`)).file?.fault).to.equal('its server answers 404');
    expect((await look('http://127.0.0.1:1/x')).file?.fault).to.match(/^its server does not answer/);
  });
});

describe('imagoctl simulate', () => {
  let house: House;
  const run = (...argv: string[]) =>
    imagoctl(['simulate', ...argv], { IMAGO_HOST: '127.0.0.1', IMAGO_PORT: new URL(house.url).port });
  before(async () => {
    house = await openHouseWithDhcp();
  });
  after(() => house.close());

  it('plays a boot and ends with status 0 when the machine gets through', async () => {
    const { code, stdout, stderr } = await run('boot', 'NEW1', '--firmware', 'uefi');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout)
      .to.match(/^loader +snponly\.efi$/m)
      .and.match(/^ +tftp:\/\/10\.75\.0\.1\/snponly\.efi {2}1\.1 kB$/m)
      .and.match(/^ +\| #!ipxe$/m);
    expect(stdout).to.not.include('#!/bin/sh');
    expect((await run('boot', 'NEW1', '--full')).stdout).to.include('| #!/bin/sh');
  });

  it('takes a MAC address for the machine that has it', async () => {
    const { stdout } = await run('boot', '52-54-00-00-00-99', '--json');
    expect(JSON.parse(stdout)).to.include({ mac: '52:54:00:00:00:99', serial: '52-54-00-00-00-99' });
    const port = new URL(house.url).port;
    await imagoctl(['add', 'known1', '--mac', '52:54:00:00:00:77'], {
      IMAGO_HOST: '127.0.0.1',
      IMAGO_PORT: port,
    });
    const known = await run('boot', '52:54:00:00:00:77', '--json');
    expect(JSON.parse(known.stdout)).to.include({ mac: '52:54:00:00:00:77', serial: 'known1' });
  });

  it('ends with status 1 when it would get stuck, and says where', async () => {
    const { code, stdout, stderr } = await run('boot', 'NEW1', '--firmware', 'arm64');
    expect(code).to.equal(1);
    expect(stdout).to.match(
      /^ +FAULT: tftp:\/\/10\.75\.0\.1\/ipxe-arm64\.efi: paths\.tftpRoot has no such file/m,
    );
    expect(stderr).to.equal('imagoctl: new1 would not get through: one fault, shown above\n');
  });

  it('says the same to programs', async () => {
    const fine = await run('boot', 'NEW1', '--json');
    expect(fine.code).to.equal(0);
    expect(JSON.parse(fine.stdout)).to.include({ serial: 'new1', faults: 0 });
    const { code, stdout, stderr } = await run('boot', 'NEW1', '--arch', '39', '--json');
    expect({ code, stderr }).to.deep.equal({ code: 1, stderr: '' });
    expect(JSON.parse(stdout)).to.include({ serial: 'new1', faults: 1 });
  });

  it('refuses a firmware, and a relay, that cannot be', async () => {
    expect(await run('boot', 'NEW1', '--firmware', 'abacus')).to.include({ code: 2 });
    expect(await run('boot', 'NEW1', '--relay', 'here')).to.include({ code: 1 });
  });
});
