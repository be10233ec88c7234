import { expect } from 'chai';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { DaemonLab, finish, type Finished } from '../support/daemon-lab.js';

const BASE = 'http://10.75.0.1:4080';

describe('moving a cluster, as an operator does it', function () {
  this.timeout(120_000);
  let lab: DaemonLab;

  before(async () => {
    lab = await DaemonLab.create('moving');
    await lab.start();
    for (const serial of ['ser1', 'ser2', 'ser3'])
      await lab.onServer('curl', '-sf', `${BASE}/ipxe?serial=${serial}`);
  });
  after(() => lab.remove());

  const cluster = () => join(lab.folder, 'clusters/sandbox');
  const imagoctl = (...words: string[]): Promise<Finished> =>
    lab.onServer('env', '-C', lab.folder, resolve('bin/imagoctl'), ...words);
  const putAside = (name: string): void => renameSync(cluster(), join(lab.folder, name));
  /** As `opened/sandbox`, a clone. */
  const openBundle = async (): Promise<void> => {
    const clone = join(lab.folder, 'opened/sandbox');
    rmSync(clone, { recursive: true, force: true });
    await finish('git', ['clone', '-q', join(lab.folder, 'rack.bundle'), clone]);
  };
  const serials = async (): Promise<string> => {
    const { stdout } = await imagoctl('list', '--no-legend', '--fields', 'serial');
    return stdout.trim().split(/\s+/).sort().join(' ');
  };

  it('is saved to a file while machines go on arriving, and nothing is left behind', async () => {
    const arriving = Promise.all(
      Array.from({ length: 20 }, (_, number) =>
        lab.onServer('curl', '-sf', `${BASE}/ipxe?serial=more${number}`),
      ),
    );
    const saved = await imagoctl('backup', 'rack.bundle');
    await arriving;
    expect(saved.stderr).to.equal('');
    expect(saved.stdout).to.match(/^rack\.bundle: \d+ bytes\n$/);
    expect(readdirSync(join(lab.folder, 'var'))).not.to.include('backup');
    expect(readdirSync(lab.folder)).not.to.include('rack.bundle.part');
    await openBundle();
    const fsck = await finish('git', [
      '-C',
      join(lab.folder, 'opened/sandbox'),
      'fsck',
      '--full',
      '--strict',
    ]);
    expect(fsck).to.include({ status: 0, stderr: '' });
  });

  it('is saved to a folder under a name with the time, as JSON says', async () => {
    mkdirSync(join(lab.folder, 'backups'));
    const saved = await imagoctl('backup', 'backups', '--json');
    const { file, bytes } = JSON.parse(saved.stdout) as { file: string; bytes: number };
    expect(file).to.match(/^backups\/imago-\d{8}T\d{6}Z\.bundle$/);
    expect(readFileSync(join(lab.folder, file)).length).to.equal(bytes);
  });

  it('is saved again after a call that only asks, and one that is broken off', async () => {
    await lab.onServer('curl', '-sI', `${BASE}/api/v1/backup`);
    await lab.onServer('sh', '-c', `curl -s ${BASE}/api/v1/backup | head -c 100 >/dev/null`);
    expect(await imagoctl('backup', 'again.bundle')).to.include({ status: 0 });
  });

  it('is not saved where nothing can be written, with a word', async () => {
    const refused = await imagoctl('backup', 'nowhere/rack.bundle');
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.include('nowhere/rack.bundle cannot be written');
  });

  it('is never restored over what is there', async () => {
    const refused = await imagoctl('restore', 'rack.bundle');
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.include('is not empty: stop imago and put the folder aside first');
    expect(await serials()).to.include('ser1 ser2 ser3');
  });

  for (const backup of ['rack.bundle', 'opened/sandbox']) {
    it(`is restored of ${backup} to the same machines and history`, async () => {
      await imagoctl('backup', 'rack.bundle');
      await openBundle();
      const [before, log] = [await serials(), (await lab.git('log', '--format=%H')).stdout];
      await lab.stop();
      putAside(`before-${backup.replaceAll('/', '-')}`);
      const restored = await imagoctl('restore', backup);
      expect(restored.stderr).to.equal('');
      expect(restored.stdout).to.match(/restored from \S+, at commit [0-9a-f]{40}/);
      await lab.start();
      expect(await serials()).to.equal(before);
      expect((await lab.git('log', '--format=%H')).stdout).to.equal(log);
      expect((await lab.git('fsck', '--full', '--strict')).status).to.equal(0);
    });
  }

  it('is not restored of a backup that is cut off, and leaves nothing behind', async () => {
    await lab.stop();
    putAside('kept');
    truncateSync(join(lab.folder, 'again.bundle'), 5000);
    const refused = await imagoctl('restore', 'again.bundle');
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.include('again.bundle is no whole backup: git fetch failed: ');
    expect(readdirSync(join(lab.folder, 'clusters'))).to.deep.equal([]);
    renameSync(join(lab.folder, 'kept'), cluster());
  });

  const places: readonly {
    place: string;
    ending: string;
    at: (size: number) => number;
    /** In the words of git; else the name of the file. */
    says?: string;
  }[] = [
    { place: 'the header of a pack', ending: '.pack', at: () => 3 },
    { place: 'the middle of a pack', ending: '.pack', at: (size: number) => size >> 1 },
    { place: 'the checksum of a pack', ending: '.pack', at: (size: number) => size - 5 },
    { place: 'the counts of an index', ending: '.idx', at: () => 600 },
    {
      place: 'the ids of an index',
      ending: '.idx',
      at: (size: number) => size >> 1,
      says: 'git bundle failed: ',
    },
  ];

  /** The objects that HEAD has in one pack, all of before in another. */
  const SPLIT = `set -e
    git rev-list --objects HEAD | cut -c1-40 | sort -u > all
    { git rev-parse HEAD 'HEAD^{tree}'; git ls-tree -r -t --object-only HEAD; } | sort -u > now
    now=$(git pack-objects -q now < now)
    past=$(comm -23 all now | git pack-objects -q past)
    rm -f .git/objects/pack/pack-*
    for ending in pack idx; do
      mv now-$now.$ending .git/objects/pack/pack-$now.$ending
      mv past-$past.$ending .git/objects/pack/pack-$past.$ending
    done
    rm all now
    printf pack-$past`;

  /** In the pack of the past, so that a daemon starts with the fleet of now. */
  const flipOldest = async (repository: string, { ending, at }: (typeof places)[number]): Promise<string> => {
    const { stdout } = await finish('env', ['-C', repository, 'sh', '-c', SPLIT]);
    const file = `${stdout}${ending}`;
    const path = join(repository, '.git/objects/pack', file);
    const bytes = readFileSync(path);
    const place = at(bytes.length);
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    chmodSync(path, 0o644);
    writeFileSync(path, bytes);
    return file;
  };

  for (const damage of places) {
    it(`is neither restored nor saved with one bit flipped in ${damage.place}`, async () => {
      const kept = join(lab.folder, 'kept');
      const damaged = join(lab.folder, 'damaged/sandbox');
      cpSync(cluster(), damaged, { recursive: true });
      const file = await flipOldest(damaged, damage);
      await finish('tar', [
        '-C',
        join(lab.folder, 'damaged'),
        '--format=ustar',
        '-cf',
        join(lab.folder, 'damaged.tar'),
        'sandbox/.git/HEAD',
        'sandbox/.git/refs/heads',
        'sandbox/.git/objects',
      ]);
      putAside('kept');
      for (const backup of ['damaged/sandbox', 'damaged.tar']) {
        const refused = await imagoctl('restore', backup);
        expect(refused.status).to.equal(1);
        expect(refused.stderr)
          .to.include(`${backup} is no whole backup: `)
          .and.include(damage.says ?? file);
        expect(readdirSync(join(lab.folder, 'clusters'))).to.deep.equal([]);
      }
      renameSync(damaged, cluster());
      await lab.start();
      const unsaved = await imagoctl('backup', 'unsaved.bundle');
      await lab.stop();
      expect(unsaved.status).to.equal(1);
      expect(unsaved.stderr)
        .to.include(`clusters/sandbox is not saved: git bundle failed: `)
        .and.include(damage.says ?? file)
        .and.include('can be copied by hand');
      expect(readdirSync(lab.folder)).not.to.include('unsaved.bundle');
      rmSync(cluster(), { recursive: true });
      renameSync(kept, cluster());
    });
  }

  it('goes to Mayu and comes back, with its history', async () => {
    const log = (await lab.git('log', '--format=%an %at %s')).stdout;
    const exported = await imagoctl('export', 'mayu', 'mayu');
    expect(exported.stderr).to.equal('');
    expect(exported.stdout).to.match(/mayu: 23 hosts, \d+ commits of \S+/);
    expect(readdirSync(join(lab.folder, 'mayu'))).to.include('.git');
    const taken = await imagoctl('import', 'mayu', 'mayu');
    expect([taken.status, taken.stderr]).to.deep.equal([1, taken.stderr]);
    expect(taken.stderr).to.include('is not empty: stop imago and put the folder aside first');
    putAside('before-mayu');
    expect((await imagoctl('import', 'mayu', 'mayu', '--without-etcd-registry')).stdout).to.match(
      /sandbox: 23 hosts, \d+ commits of mayu/,
    );
    await lab.start();
    expect((await serials()).split(' ')).to.have.length(23);
    expect((await lab.git('log', '--format=%an %at %s')).stdout).to.equal(log);
  });

  it('wants the folder that it goes to, or comes from, named', async () => {
    expect(await imagoctl('export', 'mayu')).to.include({ status: 2 });
    expect(await imagoctl('import', 'nonsense', 'mayu')).to.include({ status: 2 });
    expect((await imagoctl('import', 'mayu', 'nowhere')).status).to.equal(1);
  });
});
