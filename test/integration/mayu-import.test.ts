import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeOverMayu, type TakeoverFlags } from '../../src/daemon/take-over-mayu.js';
import type { Serial } from '../../src/host/serial.js';
import { importMayu, type Takeover, type TakeoverOptions } from '../../src/store/mayu/import-mayu.js';
import { ClusterFolder } from '../support/cluster-folder.js';
import { MayuFolder, gitIn, mayuHost } from '../support/mayu-folder.js';

const NOW = new Date('2026-11-21T10:00:00Z');

describe('a folder of Mayu', function () {
  this.timeout(30_000);
  let outside: string;
  let cluster: ClusterFolder;

  beforeEach(() => {
    outside = mkdtempSync(join(tmpdir(), 'imago-mayu-'));
    cluster = new ClusterFolder(join(outside, 'imago'));
  });
  afterEach(async () => {
    await cluster.close();
    rmSync(outside, { recursive: true });
  });

  const folder = (usesGit = true): MayuFolder => new MayuFolder(join(outside, 'mayu'), usesGit);
  const take = (source: string, options: Partial<TakeoverOptions> = {}): Promise<Takeover> =>
    importMayu(source, cluster.directory, { now: NOW, ...options });
  const refusal = (taken: Promise<unknown>): Promise<string> =>
    taken.then(
      () => 'it was not refused',
      (error: Error) => `${error.constructor.name}: ${error.message}`,
    );
  const log = (): string[] => cluster.git('log', '--format=%an: %s').trim().split('\n');

  describe('Y4: with files that differ from HEAD', () => {
    it('is taken as the files are, in one commit "imported edits" after the others', async () => {
      const mayu = folder().cluster().host('ser1').host('ser2').host('ser3');
      mayu.write('ser1/conf.json', mayuHost('ser1', { Cabinet: 7 }));
      mayu.write('ser4/conf.json', mayuHost('ser4'));
      rmSync(join(mayu.directory, 'ser3'), { recursive: true });
      const taken = await take(mayu.directory);
      expect(taken).to.include({ hosts: 3, commits: 8 });
      expect(taken.edited).to.deep.equal(['ser1/conf.json', 'ser3/conf.json', 'ser4/conf.json']);
      expect(log().slice(0, 2)).to.deep.equal([
        'imago: imported edits',
        'Mayu: ser3: updated state to running',
      ]);
      expect(cluster.git('log', '-1', '--format=%aI').trim()).to.match(/^2026-11-21T10:00:00/);
      await cluster.open();
      expect(cluster.host('ser1')).to.include({ cabinet: 7 });
      expect(cluster.store.host('ser3' as Serial)).to.equal(undefined);
      expect((await cluster.store.history('ser1' as Serial)).map(({ what }) => what)).to.deep.equal([
        'imported edits',
        'updated state to running',
        'host created',
      ]);
      await cluster.close();
      expect(cluster.git('fsck', '--full', '--strict')).to.equal('');
      expect(cluster.git('status', '--porcelain')).to.equal('');
    });

    it('has no such commit where nothing differs', async () => {
      const mayu = folder().cluster().host('ser1');
      expect(await take(mayu.directory)).to.deep.include({ commits: 3, edited: [] });
    });
  });

  describe('Y5: wherever its history is', () => {
    const running = async (): Promise<string | undefined> => {
      await cluster.open();
      return cluster.host('ser1')?.state;
    };

    it('without Git the files are the first commit', async () => {
      const mayu = folder(false).cluster().host('ser1', { State: 'running' });
      expect(await take(mayu.directory)).to.include({ hosts: 1, commits: 1, isFromFiles: true });
      expect(log()).to.deep.equal(['imago: imported']);
      expect(await running()).to.equal('running');
    });

    it('a repository without commits is as none', async () => {
      const mayu = folder();
      mayu.write('ser1/conf.json', mayuHost('ser1'));
      expect(await take(mayu.directory)).to.include({ hosts: 1, commits: 1, isFromFiles: true });
    });

    const ways: readonly { name: string; make: (mayu: MayuFolder, place: string) => void }[] = [
      { name: 'a linked work tree', make: (mayu, place) => mayu.git('worktree', 'add', '-q', place) },
      { name: 'a bare clone', make: (mayu, place) => mayu.git('clone', '-q', '--bare', '.', place) },
      { name: 'a clone --shared', make: (mayu, place) => mayu.git('clone', '-q', '--shared', '.', place) },
      {
        name: 'a clone --shared of one, packed',
        make: (mayu, place) => {
          mayu.git('clone', '-q', '--shared', '.', `${place}.1`);
          mayu.git('gc', '-q');
          gitIn(outside, 'clone', '-q', '--shared', `${place}.1`, place);
        },
      },
      {
        name: 'a detached HEAD',
        make: (mayu, place) => {
          mayu.git('clone', '-q', '.', place);
          gitIn(place, 'checkout', '-q', '--detach');
        },
      },
      {
        name: 'packed refs',
        make: (mayu, place) => {
          mayu.git('clone', '-q', '.', place);
          gitIn(place, 'pack-refs', '--all');
        },
      },
    ];
    for (const { name, make } of ways) {
      it(`${name} is taken with all its history`, async () => {
        const mayu = folder().cluster().host('ser1');
        const place = join(outside, 'place');
        make(mayu, place);
        expect(await take(place)).to.deep.include({ hosts: 1, commits: 3, edited: [] });
        expect(await running()).to.equal('running');
        await cluster.close();
        expect(cluster.git('fsck', '--full', '--strict')).to.equal('');
      });
    }

    const strange: readonly {
      name: string;
      make: (mayu: MayuFolder, place: string) => void;
      says: string;
    }[] = [
      {
        name: 'a shallow clone',
        make: (mayu, place) => gitIn(outside, 'clone', '-q', '--depth=1', `file://${mayu.directory}`, place),
        says: 'fetch --unshallow',
      },
      {
        name: 'a work tree whose repository is gone',
        make: (mayu, place) => {
          mayu.git('worktree', 'add', '-q', place);
          rmSync(mayu.directory, { recursive: true });
        },
        says: 'git worktree repair',
      },
      {
        name: 'objects named by SHA-256',
        make: (_, place) => gitIn(outside, 'init', '-q', '--object-format=sha256', place),
        says: 'a copy of the folder without .git',
      },
      {
        name: 'damage',
        make: (mayu, place) => {
          mayu.git('clone', '-q', '--no-hardlinks', '.', place);
          for (const pack of readdirSync(join(place, '.git/objects'), { recursive: true, encoding: 'utf8' }))
            if (/^..\/.{38}$/.test(pack)) rmSync(join(place, '.git/objects', pack));
        },
        says: 'DamagedObject: Git object',
      },
      { name: 'no folder', make: () => undefined, says: 'there is no such folder' },
    ];
    for (const { name, make, says } of strange) {
      it(`${name} is refused with what helps, and nothing is made`, async () => {
        const place = join(outside, 'place');
        make(folder().cluster().host('ser1'), place);
        expect(await refusal(take(place)))
          .to.match(/^(CannotConvert|DamagedObject)/)
          .and.include(says);
        expect(existsSync(cluster.directory)).to.equal(false);
        expect(existsSync(`${cluster.directory}.unfinished`)).to.equal(false);
      });
    }
  });

  describe('Y6: with hosts that imago cannot take', () => {
    const faulty = (): MayuFolder => {
      const mayu = folder().cluster().host('ser1').host('ser2').host('ser3', { InternalAddr: '10.0.0.3' });
      mayu.host('ser4', { InternalAddr: '10.0.0.3' });
      mayu.commit('ser2/conf.json', mayuHost('ser2', { State: 'flying', Cabinet: '3' }), 'ser2: by hand');
      return mayu;
    };

    it('names every fault of every host at once, and what goes on without them', async () => {
      const words = await refusal(take(faulty().directory));
      expect(words).to.include("ser2/conf.json:7: State: 'flying' is not a state");
      expect(words).to.include("ser2/conf.json:8: Cabinet: '3' is not a whole number");
      expect(words).to.include("ser4/conf.json: InternalAddr: 10.0.0.3 is the address of 'ser3'");
      expect(words).to.include('--skip-faulty leaves these 2 hosts out and takes the other 2');
      expect(existsSync(cluster.directory)).to.equal(false);
    });

    it('takes the others with --skip-faulty, and names those left out', async () => {
      const taken = await take(faulty().directory, { skipFaulty: true });
      expect(taken).to.include({ hosts: 2 });
      expect(taken.leftOut).to.have.length(3);
      await cluster.open();
      expect([...cluster.store.hosts()].map(({ serial }) => serial).sort()).to.deep.equal(['ser1', 'ser3']);
    });

    it('takes the fields of 1.x, and overrides of any kind', async () => {
      const mayu = folder().cluster();
      mayu.host('ser1', {
        FlatcarVersion: '2605.6.0',
        AdditionalAddrs: { eth1: '10.80.0.7' },
        Overrides: { keys: ['a'], disk: { name: 'sdb' }, gone: null },
      });
      await take(mayu.directory);
      await cluster.open();
      expect(cluster.host('ser1')).to.deep.include({
        osVersion: '2605.6.0',
        extraAddresses: { eth1: 0x0a500007 },
        overrides: { keys: ['a'], disk: { name: 'sdb' } },
      });
    });
  });

  describe('Y13: with serials that Mayu took', () => {
    for (const { mayu: name, imago } of [
      { mayu: '..cn7016343f00ie.', imago: 'cn7016343f00ie' },
      { mayu: 's+1:2', imago: 's-1-2' },
    ]) {
      it(`${name} is known as ${imago}, which imago reads of the same machine`, async () => {
        const taken = await take(folder().cluster().host(name, { Cabinet: 7 }).directory);
        expect(taken.renamed).to.deep.equal([{ from: name, to: imago }]);
        await cluster.open();
        expect(cluster.host(imago)).to.include({ serial: imago, cabinet: 7 });
        expect((await cluster.store.history(imago as Serial)).map(({ what }) => what)).to.deep.equal([
          'updated state to running',
          'host created',
        ]);
        await cluster.close();
        expect(cluster.git('status', '--porcelain')).to.equal('');
      });
    }

    it('two that imago cannot tell apart are named', async () => {
      const mayu = folder().cluster().host('s-1').host('s+1');
      expect(await refusal(take(mayu.directory))).to.include(
        "s-1/conf.json: it is one serial with 's+1' to imago, s-1",
      );
      expect(await take(mayu.directory, { skipFaulty: true })).to.include({ hosts: 1 });
    });

    it('one without letters and digits is named', async () => {
      const mayu = folder().cluster().host('ser1').host('+.+');
      expect(await refusal(take(mayu.directory))).to.include('the folder is named by no serial');
      expect(await take(mayu.directory, { skipFaulty: true })).to.include({ hosts: 1 });
    });
  });

  describe('and what is not in the folder', () => {
    const state = (): string => join(outside, 'var');
    const takeOver = (
      mayu: MayuFolder,
      flags: Partial<TakeoverFlags>,
      discoveryUrl?: string,
    ): Promise<string> =>
      takeOverMayu(
        mayu.directory,
        {
          paths: { clusters: outside, state: state() } as never,
          cluster: 'imago',
          etcd: { clusterSize: 3, discoveryUrl } as never,
          profiles: [],
        },
        { skipFaulty: false, withoutEtcdRegistry: false, ...flags },
      );

    it('Y13: names the hooks of Git that will not run any more', async () => {
      const mayu = folder().cluster().host('ser1');
      mayu.write('.git/hooks/post-commit', '#!/bin/sh\ngit push\n');
      chmodSync(join(mayu.directory, '.git/hooks/post-commit'), 0o755);
      mayu.write('.git/hooks/pre-push', 'not executable: Git passes over it');
      expect(await takeOver(mayu, {}))
        .to.include('imago runs no hooks of Git; post-commit will not run any more: events.hooks')
        .and.not.include('pre-push');
    });

    const TOKEN = 'a'.repeat(32);

    it('Y3: the members of etcd’s discovery are not left behind in silence', async () => {
      const mayu = folder().cluster(TOKEN).host('ser1');
      expect(await refusal(takeOver(mayu, {})))
        .to.include(TOKEN)
        .and.include('--etcd-endpoint')
        .and.include('--without-etcd-registry');
      expect(existsSync(cluster.directory)).to.equal(false);
      expect(await takeOver(mayu, { withoutEtcdRegistry: true })).to.include('NOT taken over');
    });

    it('Y3: nothing is asked where there are no tokens, or another service has them', async () => {
      expect(await takeOver(folder().cluster().host('ser1'), {})).not.to.include('etcd');
      rmSync(cluster.directory, { recursive: true });
      const mayu = new MayuFolder(join(outside, 'other')).cluster(TOKEN);
      expect(await takeOver(mayu, {}, 'https://discovery.example')).to.include('https://discovery.example');
    });

    it('Y3: an etcd that does not answer stops the import', async () => {
      const mayu = folder().cluster(TOKEN).host('ser1');
      expect(await refusal(takeOver(mayu, { etcdEndpoint: 'http://127.0.0.1:9' })))
        .to.match(/^NoRegistry/)
        .and.include('correct --etcd-endpoint');
      expect(existsSync(cluster.directory)).to.equal(false);
    });

    describe('Y3: with Mayu’s etcd', () => {
      const CLIENT = 'http://127.0.0.1:23796';
      let etcd: ChildProcess;

      beforeEach(async () => {
        etcd = spawn(
          'etcd',
          [
            '--enable-v2',
            `--data-dir=${join(outside, 'etcd')}`,
            `--listen-client-urls=${CLIENT}`,
            `--advertise-client-urls=${CLIENT}`,
            '--listen-peer-urls=http://127.0.0.1:23806',
            '--initial-advertise-peer-urls=http://127.0.0.1:23806',
            '--initial-cluster=default=http://127.0.0.1:23806',
          ],
          { stdio: 'ignore' },
        );
        while (!(await isUp(CLIENT))) await new Promise((resolve) => setTimeout(resolve, 50));
        await put(`${TOKEN}/_config/size`, '5');
        await put(`${TOKEN}/b2`, 'infra1=http://10.0.0.2:2380');
        await put(`${TOKEN}/a1`, 'infra0=http://10.0.0.1:2380');
      });
      afterEach(async () => {
        const ended = once(etcd, 'exit');
        etcd.kill('SIGKILL');
        await ended;
      });
      const put = async (key: string, value: string): Promise<void> => {
        const body = new URLSearchParams({ value });
        const { ok } = await fetch(`${CLIENT}/v2/keys/_etcd/registry/${key}`, { method: 'PUT', body });
        expect(ok).to.equal(true);
      };

      it('takes who has registered, in their order', async () => {
        const mayu = folder()
          .cluster(TOKEN)
          .host('ser1', { EtcdClusterToken: 'b'.repeat(32) });
        const told = await takeOver(mayu, { etcdEndpoint: CLIENT });
        expect(told).to.include(`etcd discovery: ${TOKEN} has 2 of 5 members: b2, a1`);
        expect(told).to.include(`knows nothing of ${'b'.repeat(32)}`);
        const kept = JSON.parse(readFileSync(join(state(), 'etcd-discovery', `${TOKEN}.json`), 'utf8'));
        expect(kept).to.include({ token: TOKEN, size: 5 });
        expect(
          kept.members.map(({ id, value }: { id: string; value: string }) => `${id} ${value}`),
        ).to.deep.equal(['b2 infra1=http://10.0.0.2:2380', 'a1 infra0=http://10.0.0.1:2380']);
      });
    });
  });
});

async function isUp(client: string): Promise<boolean> {
  try {
    return (await fetch(`${client}/health`)).ok;
  } catch {
    return false;
  }
}
