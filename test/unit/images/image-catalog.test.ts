import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { parseConfig } from '../../../src/config/parse-config.js';
import { parseSha256Sums } from '../../../src/images/digests.js';
import { checkImages, ImageCatalog } from '../../../src/images/image-catalog.js';
import { houseConfig } from '../../support/http-house.js';

const digest = (text: string) => createHash('sha256').update(text).digest('hex');

describe('ImageCatalog', () => {
  let root: string;
  let images: ImageCatalog;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'imago-images-'));
    await mkdir(join(root, 'v1'));
    await writeFile(join(root, 'v1/image'), 'one');
    images = new ImageCatalog(root);
  });
  afterEach(() => rm(root, { recursive: true }));

  const failure = async (attempt: Promise<unknown>) => {
    try {
      await attempt;
      return 'none';
    } catch (error) {
      return error instanceof Error ? error.message : '';
    }
  };

  it('computes a digest once, and again for another file of that name', async () => {
    expect(await images.sha256('v1', 'image')).to.equal(digest('one'));
    expect(await images.sha256('v1', 'image')).to.equal(digest('one'));
    await writeFile(join(root, 'v1/image'), 'two!');
    expect(await images.sha256('v1', 'image')).to.equal(digest('two!'));
  });

  it('shares one computation among all who ask at once', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => images.sha256('v1', 'image')));
    expect(new Set(all)).to.deep.equal(new Set([digest('one')]));
  });

  it('believes the list of its version', async () => {
    await writeFile(join(root, 'v1/SHA256SUMS'), `${'ab'.repeat(32)}  image\n`);
    expect(await images.sha256('v1', 'image')).to.equal('ab'.repeat(32));
  });

  it('names version, file and remedy of what is missing', async () => {
    expect(await failure(images.sha256('v1', 'nothing'))).to.equal(
      'version v1 has no readable file nothing: put it into the folder v1 of paths.images',
    );
    expect(await failure(images.open('v9', ['image']))).to.match(/^version v9 has no readable file image/);
    expect((await images.firstMissing('v1', ['image', 'kernel']))?.facts).to.deep.equal({
      version: 'v1',
      file: 'kernel',
    });
    expect(await images.firstMissing('v1', ['image'])).to.equal(undefined);
  });

  for (const path of [
    ['..', 'v1', 'image'],
    ['.'],
    [''],
    ['image', ''],
    ['a/b'],
    ['..\\image'],
    ['im\0age'],
    [],
  ]) {
    it(`has nothing at ${JSON.stringify(path)}`, async () => {
      expect(await failure(images.open('v1', path))).to.match(/no readable file/);
    });
  }

  describe('that remembers for a second what is there', () => {
    let clock: sinon.SinonFakeTimers;
    beforeEach(() => {
      images = new ImageCatalog(root, 1000);
      clock = sinon.useFakeTimers({ toFake: ['performance'] });
    });
    afterEach(() => clock.restore());

    it('notices a second later that a file has gone, or is another one', async () => {
      expect(await images.sha256('v1', 'image')).to.equal(digest('one'));
      expect(await images.firstMissing('v1', ['image'])).to.equal(undefined);
      await writeFile(join(root, 'v1/image'), 'two!');
      clock.tick(999);
      expect(await images.sha256('v1', 'image')).to.equal(digest('one'));
      clock.tick(1);
      expect(await images.sha256('v1', 'image')).to.equal(digest('two!'));
      await rm(join(root, 'v1/image'));
      clock.tick(1000);
      expect(await failure(images.sha256('v1', 'image'))).to.match(/has no readable file image/);
      expect((await images.firstMissing('v1', ['image']))?.facts).to.deep.include({ file: 'image' });
    });

    it('notices at once that a file has come', async () => {
      expect(await failure(images.sha256('v1', 'vmlinuz'))).to.match(/has no readable file vmlinuz/);
      expect(await images.firstMissing('v1', ['vmlinuz'])).not.to.equal(undefined);
      await writeFile(join(root, 'v1/coreos_production_pxe.vmlinuz'), 'kernel');
      expect(await images.firstMissing('v1', ['vmlinuz'])).to.equal(undefined);
      expect(await images.sha256('v1', 'vmlinuz')).to.equal(digest('kernel'));
    });
  });

  it('has no version that climbs', async () => {
    await writeFile(join(root, 'image'), 'outside of a version');
    for (const version of ['..', '.', '', 'v1/..', '../..']) {
      expect(await failure(images.open(version, ['image']))).to.match(/no readable file/);
    }
  });

  it('follows a link inside its folder and none out of it', async () => {
    await symlink('image', join(root, 'v1/inner'));
    await symlink('/etc/hostname', join(root, 'v1/outer'));
    await symlink('loop', join(root, 'v1/loop'));
    expect(await images.sha256('v1', 'inner')).to.equal(digest('one'));
    expect(await failure(images.open('v1', ['outer']))).to.match(/no readable file/);
    expect(await failure(images.open('v1', ['loop']))).to.match(/no readable file/);
  });

  it('lets the folder of all versions be a link', async () => {
    const link = `${root}-link`;
    await symlink(root, link);
    try {
      expect(await new ImageCatalog(link).sha256('v1', 'image')).to.equal(digest('one'));
    } finally {
      await rm(link);
    }
  });
});

describe('parseSha256Sums', () => {
  it('reads what sha256sum writes and passes over the rest', () => {
    const hex = '0123456789abcdef'.repeat(4);
    const text = [
      `${hex}  a`,
      `${hex.toUpperCase()} *b c`,
      `${hex}  ./d`,
      '# comment',
      'abc  short',
      `${hex}  e\r`,
      '',
    ];
    expect([...parseSha256Sums(text.join('\n'))]).to.deep.equal([
      ['a', hex],
      ['b c', hex],
      ['d', hex],
      ['e', hex],
    ]);
  });
});

describe('checkImages', () => {
  it('Y7: takes a file under the name that Flatcar or CoreOS gave it, and Y13: looks at the default version', async () => {
    const root = await mkdtemp(join(tmpdir(), 'imago-images-'));
    await mkdir(join(root, 'v1'));
    for (const file of [
      'coreos_production_pxe.vmlinuz',
      'flatcar_production_pxe_image.cpio.gz',
      'coreos_production_image.bin.bz2',
    ])
      await writeFile(join(root, 'v1', file), file);
    const config = `${houseConfig}defaultOsVersion: v0\n`;
    const faults = checkImages(parseConfig(config, 'house.yaml'), root);
    await rm(root, { recursive: true });
    expect(
      faults.map(({ path, message }) => `${path.join('.')}: ${message.replace(root, '')}`),
    ).to.deep.equal([
      'defaultOsVersion: /v0/vmlinuz does not exist: put the file of version v0 there',
      'defaultOsVersion: /v0/initrd.cpio.gz does not exist: put the file of version v0 there',
    ]);
  });

  it('names each file of each profile that is not there', async () => {
    const root = await mkdtemp(join(tmpdir(), 'imago-images-'));
    await mkdir(join(root, 'v1/initrd.cpio.gz'), { recursive: true });
    await writeFile(join(root, 'v1/vmlinuz'), 'kernel');
    await chmod(join(root, 'v1/vmlinuz'), 0o644);
    const faults = checkImages(parseConfig(houseConfig, 'house.yaml'), root);
    await rm(root, { recursive: true });
    expect(
      faults.map(({ path, message }) => `${path.join('.')}: ${message.replace(root, '')}`).slice(0, 2),
    ).to.deep.equal([
      'profiles.0.boot.initrd.0: /v1/initrd.cpio.gz is not a file: put the file of version v1 there',
      'profiles.0.install.image: /v1/install_image.bin.bz2 does not exist: put the file of version v1 there',
    ]);
    expect(faults).to.have.length(4);
  });
});
