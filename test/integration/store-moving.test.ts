import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import {
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished, pipeline } from 'node:stream/promises';
import type { Serial } from '../../src/host/serial.js';
import { toIpv4 } from '../../src/net/ipv4.js';
import { ClusterBackups } from '../../src/store/backup/cluster-backups.js';
import { restoreCluster } from '../../src/store/backup/restore.js';
import { exportMayu } from '../../src/store/mayu/export-mayu.js';
import { importMayu } from '../../src/store/mayu/import-mayu.js';
import { ClusterFolder } from '../support/cluster-folder.js';
import { codeOf, rejection } from '../support/rejection.js';

const NOW = new Date('2026-11-21T10:00:00Z');

describe('moving', function () {
  this.timeout(20_000);
  let outside: string;
  let folder: ClusterFolder;

  beforeEach(() => {
    outside = mkdtempSync(join(tmpdir(), 'imago-move-'));
    folder = new ClusterFolder(join(outside, 'imago'));
  });

  afterEach(async () => {
    await folder.close();
    rmSync(outside, { recursive: true });
  });

  const gitIn = (directory: string, ...words: string[]): string =>
    execFileSync('git', ['-c', 'user.name=Mayu', '-c', 'user.email=mayu@example.org', ...words], {
      cwd: directory,
      encoding: 'utf8',
    });

  /** A folder as Mayu makes it: by `git add` and `git commit` of each file. */
  const mayuFolder = (): string => {
    const directory = join(outside, 'mayu');
    const commit = (file: string, json: object, message: string): void => {
      mkdirSync(join(directory, file, '..'), { recursive: true });
      writeFileSync(join(directory, file), JSON.stringify(json, null, 2));
      gitIn(directory, 'add', file);
      gitIn(directory, 'commit', '-q', '-m', message);
    };
    mkdirSync(directory);
    gitIn(directory, 'init', '-q', '-b', 'master');
    commit(
      'cluster.json',
      { GitStore: true, Config: { DefaultEtcdClusterToken: 'abc' } },
      'cluster.json: initial commit',
    );
    for (const [number, serial] of ['ser1', 'ser2'].entries()) {
      const host = {
        Id: number,
        Enabled: true,
        Serial: serial,
        ConnectedNIC: '',
        LastBoot: '0001-01-01T00:00:00Z',
      };
      commit(`${serial}/conf.json`, { ...host, State: 'unknown' }, `${serial}: host created`);
      const address = `10.0.0.${number + 1}`;
      commit(
        `${serial}/conf.json`,
        { ...host, InternalAddr: address, State: 'unknown' },
        `${serial}: updated host InternalAddr`,
      );
      commit(
        `${serial}/conf.json`,
        { ...host, InternalAddr: address, State: 'running' },
        `${serial}: updated state to running`,
      );
    }
    return directory;
  };

  /** Why an import was refused. */
  const refusal = (source: string, directory: string): Promise<string> =>
    importMayu(source, directory, { now: NOW }).then(
      () => 'it was not refused',
      (error: Error) => error.message,
    );

  it('in from Mayu: every host, with its history', async () => {
    const mayu = mayuFolder();
    expect(await importMayu(mayu, folder.directory, { now: NOW })).to.include({ hosts: 2, commits: 7 });
    await folder.open();
    expect(folder.store.defaultEtcdClusterToken).to.equal('abc');
    expect(folder.host('ser2')).to.include({ state: 'running', internalAddress: 0x0a000002 });
    const history = await folder.store.history('ser1' as Serial);
    expect(history.map(({ what, author, state }) => [what, author, state])).to.deep.equal([
      ['updated state to running', 'Mayu', 'running'],
      ['updated host InternalAddr', 'Mayu', 'unknown'],
      ['host created', 'Mayu', 'unknown'],
    ]);
    await folder.put('ser1', 'updated host state to configured', { state: 'configured' });
    await folder.close();
    expect(folder.git('fsck', '--full', '--strict')).to.equal('');
    expect(folder.git('status', '--porcelain')).to.equal('');
    expect(folder.git('log', '--format=%an %at %s', 'HEAD~1')).to.equal(
      gitIn(mayu, 'log', '--format=%an %at %s'),
    );
  });

  it('in from Mayu is refused with every fault, and nothing is made', async () => {
    const mayu = mayuFolder();
    for (const serial of ['ser1', 'ser2']) {
      const file = join(mayu, serial, 'conf.json');
      writeFileSync(file, readFileSync(file, 'utf8').replace('running', 'flying'));
    }
    gitIn(mayu, 'commit', '-q', '-am', 'nonsense');
    expect(await refusal(mayu, folder.directory))
      .to.include("ser1/conf.json:8: State: 'flying' is not a state")
      .and.include("ser2/conf.json:8: State: 'flying'");
    expect(() => readFileSync(join(folder.directory, 'cluster.json'))).to.throw('ENOENT');
  });

  for (const file of ['cluster.json', 'ser1/conf.json']) {
    it(`in from Mayu is refused when ${file} is larger than any can be`, async () => {
      const mayu = mayuFolder();
      writeFileSync(join(mayu, file), `{"Serial": "${'x'.repeat(2 ** 21)}"}`);
      gitIn(mayu, 'commit', '-q', '-am', 'much');
      expect(await refusal(mayu, folder.directory)).to.include('has more than 1048576 bytes');
    });
  }

  it('never into a folder that holds something', async () => {
    const mayu = mayuFolder();
    mkdirSync(folder.directory);
    writeFileSync(join(folder.directory, 'precious'), 'x');
    expect(await refusal(mayu, folder.directory)).to.include('is not empty');
    expect(await refusal(outside, join(outside, 'new'))).to.include('not a cluster folder');
  });

  it('out to Mayu and in again: the same hosts, the same history', async () => {
    await folder.open();
    await folder.put('ser1', 'host created', { internalAddress: toIpv4(7) });
    await folder.put('ser2', 'host created');
    await folder.put('ser1', 'updated state to running', { state: 'running' });
    await folder.store.change({ name: 'anna', kind: 'operator' }, (fleet) => [
      { host: fleet.host('ser2' as Serial)!, what: 'host retired', retired: true },
    ]);
    await folder.close();
    const mayu = join(outside, 'mayu');
    expect(await exportMayu(folder.directory, mayu)).to.deep.equal({ hosts: 1, commits: 5 });
    expect(gitIn(mayu, 'status', '--porcelain')).to.equal('');
    expect(readdirSync(mayu)).to.have.members(['.git', 'cluster.json', 'ser1']);
    expect(JSON.parse(readFileSync(join(mayu, 'ser1/conf.json'), 'utf8'))).to.include({
      Serial: 'ser1',
      State: 'running',
    });
    expect(gitIn(mayu, 'fsck', '--full', '--strict')).to.equal('');
    const again = join(outside, 'again');
    await importMayu(mayu, again, { now: NOW });
    expect(gitIn(again, 'rev-parse', 'HEAD^{tree}')).to.equal(folder.git('rev-parse', 'HEAD^{tree}'));
    expect(gitIn(again, 'log', '--format=%an %cn %s')).to.equal(folder.git('log', '--format=%an %cn %s'));
  });

  it('Y1: out to Mayu without the name of a BMC, of which Mayu would die', async () => {
    await folder.open();
    await folder.put('ser1', 'host created', { ipmiAddress: 'bmc-7.rack.example' });
    await folder.put('ser2', 'host created', { ipmiAddress: '10.76.0.17' });
    await folder.close();
    const mayu = join(outside, 'mayu');
    await exportMayu(folder.directory, mayu);
    const addressOf = (serial: string): unknown =>
      (JSON.parse(readFileSync(join(mayu, serial, 'conf.json'), 'utf8')) as { IPMIAddr?: string }).IPMIAddr;
    expect([addressOf('ser1'), addressOf('ser2')]).to.deep.equal([undefined, '10.76.0.17']);
    expect(gitIn(mayu, 'status', '--porcelain')).to.equal('');
  });

  it('out to Mayu is refused for a host whose name would lead out of the folder, and nothing is made', async () => {
    await folder.open();
    await folder.close();
    let [type, name, id] = [
      '100644 blob',
      'conf.json',
      folder.git('hash-object', '-w', 'cluster.json').trim(),
    ];
    for (const above of ['..', 'ab', 'hosts', undefined]) {
      const entry = `${type} ${id}\t${name}\n`;
      id = execFileSync('git', ['-C', folder.directory, 'mktree'], { input: entry, encoding: 'utf8' }).trim();
      [type, name] = ['040000 tree', above ?? ''];
    }
    folder.git('update-ref', 'HEAD', folder.git('commit-tree', id, '-m', 'hostile').trim());
    const mayu = join(outside, 'mayu');
    const words = await exportMayu(folder.directory, mayu).then(
      () => 'made',
      (error: unknown) => String(error),
    );
    expect(words).to.include("cannot be converted: '..'");
    expect(readdirSync(outside)).to.deep.equal(['imago']); // the cluster itself
  });

  /** As `imagoctl backup` does. */
  const save = async (): Promise<{ file: string; head: string }> => {
    const backups = new ClusterBackups(folder.directory, join(outside, 'scratch'));
    const { head, bytes, content } = await backups.make();
    const file = join(outside, 'rack.bundle');
    await pipeline(content, createWriteStream(file));
    expect(statSync(file).size).to.equal(bytes);
    expect(readdirSync(outside)).not.to.include('scratch');
    return { file, head };
  };

  for (const { what, name, branch } of [
    {
      what: 'with a name of 60 characters',
      name: 'a-cluster-with-a-name-as-long-as-host-names-in-dns-may-be-63',
      branch: 'main',
    },
    { what: 'on a branch with a plus sign', name: 'rack', branch: 'rack+2' },
  ]) {
    it(`a backup of a cluster ${what} is made, and restored`, async () => {
      folder = new ClusterFolder(join(outside, name));
      await folder.open();
      await folder.put('ser1', 'host created');
      await folder.close();
      folder.git('branch', '-m', branch);
      const { file, head } = await save();
      const restored = new ClusterFolder(join(outside, 'restored'));
      expect(await restoreCluster(file, restored.directory)).to.equal(head);
      expect(restored.git('symbolic-ref', 'HEAD')).to.equal(`refs/heads/${branch}\n`);
      await restored.open();
      expect(restored.store.size).to.equal(1);
      await restored.close();
    });
  }

  it('a second backup waits for the first to be read to its end', async () => {
    await folder.open();
    const backups = new ClusterBackups(folder.directory, join(outside, 'scratch'));
    const { content } = await backups.make();
    expect(codeOf(await rejection(backups.make()))).to.equal('BACKUP_RUNNING');
    await finished(content.resume());
    (await backups.make()).content.destroy();
  });

  it('a backup, made while changes go on, is restored to a fleet of one moment', async () => {
    await folder.open();
    const changes = Array.from({ length: 100 }, (_, number) => folder.put(`ser${number}`, 'host created'));
    await changes[20];
    const { file, head } = await save();
    await Promise.all(changes);
    gitIn(outside, 'clone', '-q', file, 'clone');
    expect(gitIn(join(outside, 'clone'), 'fsck', '--full')).not.to.include('missing');
    const restored = new ClusterFolder(join(outside, 'restored'));
    expect(await restoreCluster(file, restored.directory)).to.equal(head);
    await restored.open();
    expect(restored.store.size).to.equal(Number(folder.git('rev-list', '--count', head)) - 1);
    expect(restored.store.size).to.be.at.least(21);
    await restored.put('ser1', 'one more');
    await restored.close();
    expect(restored.git('status', '--porcelain')).to.equal('');
  });
});
