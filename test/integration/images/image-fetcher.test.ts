import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { imagesSection } from '../../../src/config/images-section.js';
import { DiskRoom } from '../../../src/images/disk-room.js';
import { FetchClient } from '../../../src/images/fetch-client.js';
import type { FetchSnapshot } from '../../../src/images/fetch-job.js';
import { ImageFetcher, type FetchOrder } from '../../../src/images/image-fetcher.js';
import { ImageFolder } from '../../../src/images/image-folder.js';
import {
  patterned,
  startNastyServer,
  type NastyServer,
  type ServedFile,
} from '../../support/nasty-server.js';
import { codeOf, rejection } from '../../support/rejection.js';
import { makeSigningKey, type SigningKey } from '../../support/signing-key.js';

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');
const sha512 = (bytes: Uint8Array) => createHash('sha512').update(bytes).digest('hex');

const kernel = patterned(50_000, 1);
const initrd = patterned(60_000, 2);
const disk = patterned(70_000, 3);
const rootfs = patterned(80_000, 4);

describe('ImageFetcher', function () {
  this.timeout(30_000);
  let key: SigningKey;
  let server: NastyServer;
  let client: FetchClient;
  let root: string;
  let folder: ImageFolder;
  let ended: FetchSnapshot[];

  before(() => (key = makeSigningKey()));
  after(() => key.close());
  beforeEach(async () => {
    server = await startNastyServer();
    client = new FetchClient({ stallSeconds: 2, tries: 2, pause: async () => {} });
    root = await mkdtemp(join(tmpdir(), 'imago-images-'));
    folder = new ImageFolder(root);
    ended = [];
  });
  afterEach(async () => {
    await client.close();
    await server.close();
    await rm(root, { recursive: true });
  });

  const serve = (path: string, content: Buffer | string, file: Partial<ServedFile> = {}) =>
    server.files.set(path, { content: Buffer.from(content), etag: `"${sha256(content)}"`, ...file });

  const fetcher = (keys: readonly string[] | undefined = [key.armoredFile], requireSignature = true) => {
    const config = imagesSection.parse({
      flatcar: { url: `${server.url}/flatcar`, keys },
      fedoraCoreos: { url: `${server.url}/fcos/`, keys },
      debian: { url: `${server.url}/debian`, keys },
      requireSignature,
    });
    return new ImageFetcher(
      folder,
      () => config,
      client,
      new DiskRoom(() => ({ reserveBytes: 0, largestBytes: 1e10 })),
      () => new Date(0),
      (snapshot) => ended.push(snapshot),
    );
  };

  const run = async (order: FetchOrder, from = fetcher()): Promise<FetchSnapshot> => {
    let last: FetchSnapshot | undefined;
    for await (const snapshot of from.start(order).follow()) last = snapshot;
    await from.close();
    if (!last) throw new Error('no news');
    return last;
  };

  const serveFlatcar = (version = '4230.2.4') => {
    for (const [name, content] of [
      ['flatcar_production_pxe.vmlinuz', kernel],
      ['flatcar_production_pxe_image.cpio.gz', initrd],
      ['flatcar_production_image.bin.bz2', disk],
    ] as const) {
      serve(`/flatcar/${version}/${name}`, content);
      serve(`/flatcar/${version}/${name}.sig`, key.detached(content));
    }
  };

  describe('flatcar', () => {
    it('brings kernel, initial ramdisk and image, checked by their signatures, with SHA256SUMS', async () => {
      serveFlatcar();
      const last = await run({ source: 'flatcar', version: '4230.2.4' });
      expect(last).to.deep.include({ state: 'done', version: '4230.2.4' });
      expect(last.files.map(({ name, phase, doneBytes }) => [name, phase, doneBytes])).to.deep.equal([
        ['vmlinuz', 'done', kernel.length],
        ['initrd.cpio.gz', 'done', initrd.length],
        ['install_image.bin.bz2', 'done', disk.length],
      ]);
      expect(readFileSync(join(root, '4230.2.4/install_image.bin.bz2')).equals(disk)).to.equal(true);
      expect(readFileSync(join(root, '4230.2.4/SHA256SUMS'), 'utf8')).to.equal(
        `${sha256(initrd)}  initrd.cpio.gz\n${sha256(disk)}  install_image.bin.bz2\n${sha256(kernel)}  vmlinuz\n`,
      );
      const [version] = await folder.list();
      expect(version?.source).to.equal('flatcar');
      expect(version?.files.map(({ origin }) => origin?.signedBy)).to.deep.equal(
        Array(3).fill(key.fingerprint),
      );
      expect(readdirSync(root).filter((name) => name.startsWith('.incoming'))).to.deep.equal(['.incoming']);
      expect(readdirSync(join(root, '.incoming'))).to.deep.equal([]);
    });

    it('finds out which version is the current one', async () => {
      serveFlatcar();
      serve('/flatcar/current/version.txt', 'FLATCAR_BUILD=4230\nFLATCAR_VERSION=4230.2.4\n');
      expect(await run({ source: 'flatcar', version: 'current' })).to.include({
        state: 'done',
        version: '4230.2.4',
      });
    });

    it('leaves nothing where machines look when a signature does not hold', async () => {
      serveFlatcar();
      serve('/flatcar/4230.2.4/flatcar_production_image.bin.bz2', patterned(70_000, 99));
      const last = await run({ source: 'flatcar', version: '4230.2.4' });
      expect(last.error?.code).to.equal('SIGNATURE_BAD');
      expect(existsSync(join(root, '4230.2.4'))).to.equal(false);
      // Mended, it goes on: only what failed comes again.
      serve('/flatcar/4230.2.4/flatcar_production_image.bin.bz2', disk);
      const before = server.requests.length;
      expect((await run({ source: 'flatcar', version: '4230.2.4' })).state).to.equal('done');
      expect(server.requests.slice(before).filter((request) => request.includes('vmlinuz '))).to.deep.equal(
        [],
      );
    });

    it('is refused without a key, unless that is allowed; then the digests beside the files count', async () => {
      serveFlatcar();
      const keyless = fetcher([]);
      expect(() => keyless.start({ source: 'flatcar', version: '4230.2.4' }))
        .to.throw()
        .with.property('code', 'NO_KEYS');
      expect(keyless.jobs()).to.deep.equal([]);
      await keyless.close();
      const name = 'flatcar_production_image.bin.bz2';
      serve(`/flatcar/4230.2.4/${name}.DIGESTS`, `# SHA512 HASH\n${sha512(disk)}  ${name}\n`);
      expect((await run({ source: 'flatcar', version: '4230.2.4' }, fetcher([], false))).state).to.equal(
        'done',
      );
      const [version] = await folder.list();
      expect(version?.files.map(({ name, origin }) => [name, origin?.proof])).to.deep.equal([
        ['initrd.cpio.gz', 'none'],
        ['install_image.bin.bz2', 'digest'],
        ['vmlinuz', 'none'],
      ]);
    });
  });

  it('fedora-coreos: what release.json names, below the configured address', async () => {
    const build = '/fcos/builds/41.20250105.3.0';
    const artifact = (name: string, content: Buffer) => {
      serve(`${build}/x86_64/${name}`, content);
      serve(`${build}/x86_64/${name}.sig`, key.detached(content));
      return {
        location: `https://elsewhere.example/x86_64/${name}`,
        signature: 'x',
        sha256: sha256(content),
      };
    };
    const artifacts = {
      pxe: {
        kernel: artifact('fcos-live-kernel.x86_64', kernel),
        initramfs: artifact('fcos-live-initramfs.x86_64.img', initrd),
        rootfs: artifact('fcos-live-rootfs.x86_64.img', rootfs),
      },
      'raw.xz': { disk: artifact('fcos-metal.x86_64.raw.xz', disk) },
    };
    serve(
      `${build}/release.json`,
      JSON.stringify({ architectures: { x86_64: { media: { metal: { artifacts } } } } }),
    );
    const last = await run({ source: 'fedora-coreos', version: '41.20250105.3.0' });
    expect(last.state).to.equal('done');
    expect(readdirSync(join(root, '41.20250105.3.0')).sort()).to.deep.equal([
      'ORIGIN.json',
      'SHA256SUMS',
      'initrd.cpio.gz',
      'install_image.raw.xz',
      'rootfs.img',
      'vmlinuz',
    ]);
    expect((await run({ source: 'fedora-coreos', version: '1.2' })).error?.message).to.contain(
      'no version 1.2',
    );
  });

  describe('debian', () => {
    const images = '/debian/dists/bookworm/main/installer-amd64/current/images';
    const serveDebian = (codename = 'bookworm') => {
      const sums = `${sha256(kernel)}  ./netboot/debian-installer/amd64/linux\n${sha256(initrd)}  ./netboot/debian-installer/amd64/initrd.gz\n`;
      serve(`${images}/SHA256SUMS`, sums);
      serve(`${images}/netboot/debian-installer/amd64/linux`, kernel);
      serve(`${images}/netboot/debian-installer/amd64/initrd.gz`, initrd);
      const release = `Origin: Debian\nSuite: oldstable\nCodename: ${codename}\nSHA256:\n ${'0'.repeat(64)} 7 main/other\n ${sha256(sums)} ${sums.length} main/installer-amd64/current/images/SHA256SUMS\n`;
      serve('/debian/dists/bookworm/InRelease', key.clearSigned(release));
    };

    it('follows the digests from the signed InRelease to the files', async () => {
      serveDebian();
      expect((await run({ source: 'debian', version: 'bookworm' })).state).to.equal('done');
      const [version] = await folder.list();
      expect(version?.files.map(({ name, origin }) => [name, origin?.signedBy])).to.deep.equal([
        ['initrd.cpio.gz', key.fingerprint],
        ['vmlinuz', key.fingerprint],
      ]);
    });

    const wrong = [
      { name: 'another suite', spoil: () => serveDebian('buster'), code: 'SIGNATURE_BAD' },
      { name: 'other sums', spoil: () => serve(`${images}/SHA256SUMS`, 'x'), code: 'IMAGE_CORRUPT' },
      {
        name: 'another kernel',
        spoil: () => serve(`${images}/netboot/debian-installer/amd64/linux`, patterned(50_000, 7)),
        code: 'IMAGE_CORRUPT',
      },
    ];
    for (const { name, spoil, code } of wrong) {
      it(`notices ${name}: ${code}`, async () => {
        serveDebian();
        spoil();
        const last = await run({ source: 'debian', version: 'bookworm' });
        expect(last.error?.code).to.equal(code);
        expect(await folder.list()).to.deep.equal([]);
      });
    }
  });

  describe('an address', () => {
    const order = (rest: object = {}): FetchOrder => ({
      url: `${server.url}/disk.raw?token=hush`,
      version: 'own',
      name: 'install_image.raw',
      digests: { sha256: sha256(disk) },
      ...rest,
    });

    it('adds one file to a version, and records where it came from without secrets', async () => {
      serve('/disk.raw?token=hush', disk);
      await mkdir(join(root, 'own'));
      await writeFile(join(root, 'own/vmlinuz'), kernel);
      await writeFile(join(root, 'own/SHA256SUMS'), `${sha256(kernel)}  vmlinuz\n`);
      expect((await run(order())).state).to.equal('done');
      expect(await folder.verify('own')).to.deep.equal([
        { name: 'install_image.raw', condition: 'whole' },
        { name: 'vmlinuz', condition: 'whole' },
      ]);
      expect(readFileSync(join(root, 'own/ORIGIN.json'), 'utf8'))
        .to.contain('/disk.raw"')
        .and.not.to.contain('hush');
      expect((await run(order())).error?.code).to.equal('IMAGE_EXISTS');
      expect((await run(order({ replace: true }))).state).to.equal('done');
    });

    it('needs a digest, or the word that it may be unproven', async () => {
      serve('/disk.raw?token=hush', disk);
      expect(() => fetcher().start(order({ digests: {} }))).to.throw('SHA-256');
      expect((await run(order({ digests: {}, isUnproven: true }))).state).to.equal('done');
    });

    for (const name of ['../evil', 'SHA256SUMS', 'a/b', '.hidden', '']) {
      it(`is not written to '${name}'`, () => {
        expect(() => fetcher().start(order({ name }))).to.throw('is not a file of an image');
      });
    }
  });

  it('is fetched once at a time; whoever comes later follows, and cancelling tells all', async () => {
    serve('/slow', disk, { misbehave: (_, response) => (response.writeHead(206), true) });
    const images = fetcher();
    const order: FetchOrder = {
      url: `${server.url}/slow`,
      version: 'own',
      name: 'x.raw',
      digests: {},
      isUnproven: true,
    };
    const job = images.start(order);
    expect(() => images.start(order)).to.throw('being fetched already');
    const followers = [1, 2].map(async () => {
      const states: string[] = [];
      for await (const { state } of job.follow()) states.push(state);
      return states.at(-1);
    });
    job.cancel();
    expect(await Promise.all(followers)).to.deep.equal(['cancelled', 'cancelled']);
    await images.close();
    expect(ended.map(({ error }) => error?.code)).to.deep.equal(['FETCH_CANCELLED']);
    expect(await folder.list()).to.deep.equal([]);
  });

  it('refuses a version that could be a path', () => {
    expect(() => fetcher().start({ source: 'flatcar', version: '../x' })).to.throw('is not a version');
  });

  describe('ImageFolder', () => {
    const fill = async (version: string, files: Record<string, string>) => {
      await mkdir(join(root, version), { recursive: true });
      for (const [name, content] of Object.entries(files))
        await writeFile(join(root, version, name), content);
    };

    it('verifies every byte', async () => {
      await fill('v1', {
        a: 'a',
        b: 'changed',
        d: 'new',
        SHA256SUMS: ['a', 'b', 'c'].map((name) => `${sha256(name)}  ${name}\n`).join(''),
      });
      expect(await folder.verify('v1')).to.deep.equal([
        { name: 'a', condition: 'whole' },
        { name: 'b', condition: 'wrong' },
        { name: 'c', condition: 'missing' },
        { name: 'd', condition: 'unlisted' },
      ]);
    });

    it('lists versions, and nothing else that stands there', async () => {
      await fill('v1', { vmlinuz: 'abc', '.hidden': '' });
      await fill('.incoming/v2', { vmlinuz: 'abc' });
      await writeFile(join(root, 'README.md'), '');
      expect(await folder.list()).to.deep.equal([
        {
          version: 'v1',
          source: undefined,
          files: [{ name: 'vmlinuz', bytes: 3, sha256: undefined, origin: undefined }],
        },
      ]);
    });

    it('removes a version whole', async () => {
      await fill('v1', { vmlinuz: 'abc' });
      await folder.remove('v1');
      expect(await folder.list()).to.deep.equal([]);
      expect(readdirSync(join(root, '.trash'))).to.deep.equal([]);
      for (const version of ['v1', '../images', '.trash']) {
        expect(codeOf(await rejection(folder.remove(version)))).to.be.oneOf([
          'IMAGE_MISSING',
          'INVALID_VALUE',
        ]);
      }
    });

    it('replaces a version only when asked to', async () => {
      await fill('4230.2.4', { old: 'old' });
      serveFlatcar();
      expect((await run({ source: 'flatcar', version: '4230.2.4' })).error?.code).to.equal('IMAGE_EXISTS');
      expect((await run({ source: 'flatcar', version: '4230.2.4', replace: true })).state).to.equal('done');
      expect(existsSync(join(root, '4230.2.4/old'))).to.equal(false);
      expect((await folder.verify('4230.2.4')).every(({ condition }) => condition === 'whole')).to.equal(
        true,
      );
    });
  });
});
