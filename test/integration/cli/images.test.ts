import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { bytes, progressLine } from '../../../src/cli/render-images.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';
import { patterned, startNastyServer, type NastyServer } from '../../support/nasty-server.js';
import { makeSigningKey, type SigningKey } from '../../support/signing-key.js';
import { imagoctl, type Outcome } from '../../support/run-imagoctl.js';

const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');
const disk = patterned(200_000);

describe('imagoctl images', function () {
  this.timeout(30_000);
  let key: SigningKey;
  let server: NastyServer;
  let house: House;
  before(() => (key = makeSigningKey()));
  after(() => key.close());
  beforeEach(async () => {
    server = await startNastyServer();
    house = await openHouse({
      config: `${houseConfig}
images:
  flatcar: { url: ${server.url}/flatcar, keys: [${key.binaryFile}] }
  tries: 2
  mirrors: { os: { url: ${server.url}/pub } }
`,
      store: new InMemoryHostStore([newHost(parseSerial('ser0001'), { profile: 'core' })]),
    });
  });
  afterEach(async () => {
    await house.close();
    await server.close();
  });

  const run = (...argv: string[]): Promise<Outcome> =>
    imagoctl(['images', ...argv], { IMAGO_HOST: '127.0.0.1', IMAGO_PORT: new URL(house.url).port });
  const served = (path: string, content: Buffer = disk) => server.files.set(path, { content, etag: '"v1"' });
  const inFolder = (path: string) => join(house.folder, 'images', path);

  it('lists what there is and who uses it', async () => {
    const { stdout, code } = await run('list');
    expect(stdout).to.equal(
      'VERSION  SOURCE  FILES  SIZE  PROOF  PROFILES      HOSTS\n' +
        'v1       -       3      51 B  -      core,default  1\n',
    );
    expect(code).to.equal(0);
  });

  it('fetches a version of a known system', async () => {
    for (const name of ['pxe.vmlinuz', 'pxe_image.cpio.gz', 'image.bin.bz2']) {
      served(`/flatcar/4230.2.4/flatcar_production_${name}`);
      served(`/flatcar/4230.2.4/flatcar_production_${name}.sig`, key.detached(disk));
    }
    const { stdout, stderr, code } = await run('fetch', 'flatcar', '4230.2.4');
    expect(stdout).to.equal('4230.2.4: vmlinuz, initrd.cpio.gz, install_image.bin.bz2\n');
    expect(stderr).not.to.contain('\r');
    expect(code).to.equal(0);
    const [version] = JSON.parse((await run('list', '--json')).stdout).images;
    expect(version).to.deep.include({ version: '4230.2.4', source: 'flatcar', profiles: [], hosts: 0 });
    expect(version.files[0]).to.include({ proof: 'signature', signedBy: key.fingerprint });
    expect((await run('verify', '4230.2.4')).stdout).to.equal(
      '4230.2.4: initrd.cpio.gz whole\n4230.2.4: install_image.bin.bz2 whole\n4230.2.4: vmlinuz whole\n',
    );
  });

  it('fetches one file from an address', async () => {
    served('/disk.raw');
    const { code } = await run('fetch', `${server.url}/disk.raw`, 'lab', '--sha256', sha256(disk));
    expect(code).to.equal(0);
    expect(readFileSync(inFolder('lab/disk.raw')).equals(disk)).to.equal(true);
  });

  const refusals: { name: string; argv: () => string[]; says: string; code: number }[] = [
    {
      name: 'wrong bytes',
      argv: () => ['fetch', `${server.url}/disk.raw`, 'lab', '--sha256', '0'.repeat(64)],
      says: 'is not what it should be',
      code: 1,
    },
    {
      name: 'a missing file',
      argv: () => ['fetch', `${server.url}/none.raw`, 'lab', '--unproven'],
      says: 'status 404',
      code: 1,
    },
    {
      name: 'an address without a digest',
      argv: () => ['fetch', `${server.url}/disk.raw`, 'lab'],
      says: 'give its SHA-256',
      code: 1,
    },
    {
      name: 'a digest that is none',
      argv: () => ['fetch', `${server.url}/disk.raw`, 'lab', '--sha256', 'abc'],
      says: 'SHA-256',
      code: 1,
    },
    {
      name: 'a version without a signature key',
      argv: () => ['fetch', 'fedora-coreos', '41'],
      says: 'images.fedoraCoreos.keys',
      code: 1,
    },
    {
      name: 'a version without a signature key, where nobody waits for it',
      argv: () => ['fetch', 'fedora-coreos', '41', '--no-wait'],
      says: 'images.fedoraCoreos.keys',
      code: 1,
    },
    {
      name: 'a version in use',
      argv: () => ['remove', 'v1'],
      says: 'used by 2 profiles and 1 host',
      code: 1,
    },
    {
      name: 'an unknown version',
      argv: () => ['verify', 'v9'],
      says: 'there is no version v9 in paths.images: imagoctl images list shows those there are',
      code: 3,
    },
    { name: 'no version', argv: () => ['verify'], says: 'name a version', code: 2 },
    { name: 'a verb that is none', argv: () => ['burn'], says: 'one of list', code: 2 },
    {
      name: 'a file that is not there',
      argv: () => ['import', '/nowhere', 'lab'],
      says: '/nowhere cannot be read: there is no such file; name a file of this computer',
      code: 1,
    },
    {
      name: 'a folder for a file',
      argv: () => ['import', '/', 'lab'],
      says: '/ cannot be read: it is a folder; name a file of this computer',
      code: 1,
    },
  ];
  for (const { name, argv, says, code } of refusals) {
    it(`explains ${name}`, async () => {
      served('/disk.raw');
      const outcome = await run(...argv());
      expect([outcome.code, outcome.stderr]).to.satisfy(
        ([got, text]: [number, string]) => got === code && text.includes(says),
      );
      expect(existsSync(inFolder('lab'))).to.equal(false);
    });
  }

  it('imports a file of this computer, and replaces it only when told to', async () => {
    const content = patterned(9_000_001);
    await house.write('own.raw', content);
    const file = join(house.folder, 'own.raw');
    expect((await run('import', file, 'lab', '--as', 'install_image.raw')).stdout).to.equal(
      `lab: install_image.raw 9.0 MB ${sha256(content)}\n`,
    );
    expect(readFileSync(inFolder('lab/install_image.raw')).equals(content)).to.equal(true);
    expect((await run('import', file, 'lab', '--as', 'install_image.raw')).stderr).to.contain(
      'is there already',
    );
    expect((await run('import', file, 'lab', '--as', 'install_image.raw', '--replace')).code).to.equal(0);
    expect((await run('import', file, 'lab', '--as', '../x')).code).not.to.equal(0);
    const sums = readFileSync(inFolder('lab/SHA256SUMS'), 'utf8');
    expect(sums).to.equal(`${sha256(content)}  install_image.raw\n`);
  });

  it('finds a changed byte', async () => {
    await house.write('images/v1/SHA256SUMS', `${sha256(Buffer.from('other'))}  vmlinuz\n`);
    const { stdout, stderr, code } = await run('verify', 'v1');
    expect(stdout).to.contain('v1: vmlinuz wrong\n');
    expect(stderr).to.contain('damaged: v1');
    expect(code).to.equal(1);
  });

  it('removes what is used only by force', async () => {
    expect((await run('remove', 'v1', '--force')).stdout).to.equal('v1: removed\n');
    expect(existsSync(inFolder('v1'))).to.equal(false);
  });

  it('cancels, and shows what is on its way', async () => {
    server.files.set('/slow', { content: disk, misbehave: (_, response) => (response.writeHead(206), true) });
    await run('fetch', `${server.url}/slow`, 'lab', '--unproven', '--no-wait');
    expect((await run('list')).stderr).to.contain('lab  slow  0 B');
    expect((await run('fetch', `${server.url}/slow`, 'lab', '--unproven')).stderr).to.contain(
      'being fetched already',
    );
    expect((await run('cancel', 'lab')).stdout).to.equal('lab: cancelled\n');
    expect((await run('cancel', 'other')).code).to.equal(3);
  });

  it('serves machines what was fetched once for all of them', async () => {
    served('/pub/v1/rootfs.img');
    const url = `${house.url}/mirror/os/v1/rootfs.img`;
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => (await fetch(url)).arrayBuffer()),
    );
    expect(answers.every((answer) => Buffer.from(answer).equals(disk))).to.equal(true);
    expect(server.requests).to.have.length(1);
    const part = await fetch(url, { headers: { range: 'bytes=10-19' } });
    expect([part.status, part.headers.get('content-range')]).to.deep.equal([206, 'bytes 10-19/200000']);
    expect(Buffer.from(await part.arrayBuffer()).equals(disk.subarray(10, 20))).to.equal(true);
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).to.deep.equal([200, '200000']);
    expect((await fetch(url, { headers: { range: 'bytes=200000-' } })).status).to.equal(416);
    expect((await fetch(`${house.url}/mirror/os/none`)).status).to.equal(404);
    expect((await fetch(`${house.url}/mirror/os/..%2f..%2fsecret`)).status).to.equal(404);
  });
});

describe('how images are shown', () => {
  for (const [count, want] of [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [123_456, '123 kB'],
    [4.2e9, '4.2 GB'],
  ] as const) {
    it(`${count} bytes are ${want}`, () => expect(bytes(count)).to.equal(want));
  }

  it('a progress bar', () => {
    expect(progressLine('vmlinuz', 12_500_000, 50_000_000)).to.equal(
      'vmlinuz  [######------------------]  25 %  12.5 MB of 50.0 MB',
    );
  });
});
