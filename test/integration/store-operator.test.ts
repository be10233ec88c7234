import { expect } from 'chai';
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordedChange } from '../../src/host/host-store.js';
import type { Serial } from '../../src/host/serial.js';
import { toIpv4 } from '../../src/net/ipv4.js';
import { hostPath } from '../../src/store/layout.js';
import { ClusterFolder, eventually, hostileFiles } from '../support/cluster-folder.js';

const file = hostPath('ser1' as Serial);

describe('an operator who works in the cluster folder', function () {
  this.timeout(20_000);
  let folder: ClusterFolder;

  beforeEach(async () => {
    folder = new ClusterFolder();
    await folder.open();
    await folder.put('ser1', 'host created', { internalAddress: toIpv4(1) });
    await folder.put('ser2', 'host created', { internalAddress: toIpv4(2) });
    await eventually(() => {
      expect(folder.git('status', '--porcelain')).to.equal('');
      folder.git('update-index', '--refresh');
    });
  });

  afterEach(async () => {
    await folder.remove();
  });

  /** As often as it takes: imago holds the index for moments. */
  const commit = (...words: string[]) =>
    eventually(() => {
      folder.git('commit', '-q', ...words);
    });

  describe('while imago runs', () => {
    it('commits a change: it holds, watchers are told, and the next change comes on top of it', async () => {
      const seen: RecordedChange[] = [];
      folder.store.subscribe((change) => seen.push(change));
      folder.edit('ser1', '"State": "unknown"', '"State": "configured"');
      await commit('-am', 'ser1: set by hand');
      await folder.put('ser1', 'updated host connected nic', { connectedNic: 'eth0' });
      expect(folder.host('ser1')).to.include({ state: 'configured', connectedNic: 'eth0' });
      expect(folder.subjects().slice(0, 2)).to.deep.equal([
        'ser1 ser1: updated host connected nic',
        'Anna ser1: set by hand',
      ]);
      expect(seen.map(({ author, what, host }) => [author, what, host?.state])).to.deep.equal([
        ['Anna', 'set by hand', 'configured'],
        ['ser1', 'updated host connected nic', 'configured'],
      ]);
      await folder.close();
      expect(folder.git('status', '--porcelain')).to.equal('');
      expect(folder.git('fsck', '--full', '--strict')).to.equal('');
    });

    it('commits a file with its fields in another order, and loses it: it comes back as committed', async () => {
      folder.edit('ser1', '"State": "unknown"', '"Cabinet": 4,\n  "State": "unknown"');
      await commit('-am', 'ser1: cabinet by hand');
      await eventually(() => {
        expect(folder.host('ser1')?.cabinet).to.equal(4);
      });
      rmSync(join(folder.directory, file));
      await eventually(() => {
        expect(folder.read('ser1')).to.include('"Cabinet": 4,\n  "State"');
        expect(folder.git('status', '--porcelain')).to.equal('');
      });
      expect(folder.git('fsck', '--full', '--strict')).not.to.include('missing');
      folder.edit('ser2', '"State": "unknown"', '"State": "configured"');
      await commit('-am', 'ser2: set by hand');
    });

    it('commits a change while nothing else happens: it is noticed', async () => {
      folder.edit('ser1', '"State": "unknown"', '"State": "running"');
      await commit('-am', 'by hand');
      await eventually(() => {
        expect(folder.host('ser1')?.state).to.equal('running');
      });
    });

    it('only writes into a file: it becomes a commit of the operator', async () => {
      folder.edit('ser1', '"State": "unknown"', '"State": "running"');
      await eventually(() => {
        expect(folder.host('ser1')?.state).to.equal('running');
        expect(folder.subjects()[0]).to.equal('operator ser1: edited conf.json');
        expect(folder.git('status', '--porcelain')).to.equal('');
      });
    });

    it('writes into a file of a machine that changes at the same time: both hold', async () => {
      folder.edit('ser1', '"ConnectedNIC": ""', '"ConnectedNIC": "eth7"');
      await folder.put('ser1', 'updated host state to installing', { state: 'installing' });
      await eventually(() => {
        expect(folder.host('ser1')).to.include({ connectedNic: 'eth7', state: 'installing' });
        expect(JSON.parse(folder.read('ser1'))).to.include({ ConnectedNIC: 'eth7', State: 'installing' });
        expect(folder.git('status', '--porcelain')).to.equal('');
      });
    });

    it('writes nonsense into a file: it is refused, with file and line, until it is corrected', async () => {
      folder.edit('ser1', '"State": "unknown"', '"State": "flying"');
      await eventually(() => {
        expect(folder.store.health().troubles.join()).to.include(`${file}:6: State: 'flying' is not a state`);
      });
      expect(folder.host('ser1')?.state).to.equal('unknown');
      folder.edit('ser1', '"State": "flying"', '"State": "running"');
      await eventually(() => {
        expect(folder.store.health().troubles).to.deep.equal([]);
        expect(folder.host('ser1')?.state).to.equal('running');
      });
    });

    for (const [how, undo] of Object.entries({
      'in the editor': (before: string) => writeFileSync(folder.path('ser1'), before),
      'with git checkout': () => eventually(() => folder.git('checkout', '--', file)),
    })) {
      for (const isRestarted of [false, true]) {
        it(`writes nonsense into a file, and takes it back ${how}${isRestarted ? ' after a restart' : ''}: nothing of it is left`, async () => {
          const before = folder.read('ser1');
          folder.edit('ser1', '"State": "unknown"', '"State": "flying"');
          await eventually(() => expect(folder.store.health().troubles.join()).to.include("'flying'"));
          await folder.put('ser1', 'updated host connected nic', { connectedNic: 'eth0' });
          if (isRestarted) await folder.open();
          await undo(before);
          await eventually(() => {
            expect(folder.store.health().troubles).to.deep.equal([]);
            expect(folder.host('ser1')?.connectedNic).to.equal('eth0');
            expect(JSON.parse(folder.read('ser1'))).to.include({ ConnectedNIC: 'eth0' });
            expect(folder.git('status', '--porcelain')).to.equal('');
          });
        });
      }
    }

    it('writes nonsense into a file, and corrects it after a restart: what the machine changed meanwhile stays', async () => {
      folder.edit('ser1', '"State": "unknown"', '"State": "flying"');
      await eventually(() => expect(folder.store.health().troubles.join()).to.include("'flying'"));
      await folder.put('ser1', 'updated host connected nic', { connectedNic: 'eth0' });
      for (const restart of [1, 2]) {
        await folder.open();
        expect(folder.store.health().troubles.join(), `restart ${restart}`).to.include("'flying'");
      }
      folder.edit('ser1', '"State": "flying"', '"State": "running"');
      await eventually(() => {
        expect(folder.store.health().troubles).to.deep.equal([]);
        expect(folder.host('ser1')).to.include({ state: 'running', connectedNic: 'eth0' });
        expect(JSON.parse(folder.read('ser1'))).to.include({ State: 'running', ConnectedNIC: 'eth0' });
      });
    });

    for (const { name, content, says } of hostileFiles) {
      it(`writes a file with ${name}: it is refused until it is corrected`, async () => {
        const before = folder.read('ser1');
        writeFileSync(folder.path('ser1'), content());
        await eventually(() => {
          expect(folder.store.health().troubles.join()).to.include(file).and.include(says);
        });
        writeFileSync(folder.path('ser1'), before.replace('"unknown"', '"running"'));
        await eventually(() => {
          expect(folder.store.health().troubles).to.deep.equal([]);
          expect(folder.host('ser1')?.state).to.equal('running');
        });
      });

      it(`commits a file with ${name}: it is undone by a commit`, async () => {
        writeFileSync(folder.path('ser1'), content());
        await commit('-am', 'hostile');
        await eventually(() => {
          expect(folder.subjects()[0])
            .to.include(`imago ser1: refused an edit: ${file}:1: `)
            .and.include(says);
          expect(folder.read('ser1')).to.include('"State": "unknown"');
          expect(folder.git('status', '--porcelain')).to.equal('');
        });
        expect(folder.host('ser1')?.internalAddress).to.equal(toIpv4(1));
      });
    }

    it('makes a file of 600 MB, or a folder, of a host: neither is read', async () => {
      truncateSync(folder.path('ser1'), 600 * 1024 * 1024);
      await eventually(() => {
        expect(folder.store.health().troubles.join()).to.include(file).and.include('1048576 bytes');
      });
      rmSync(folder.path('ser2'));
      mkdirSync(folder.path('ser2'));
      await folder.put('ser1', 'updated state to running', { state: 'running' });
      expect(folder.host('ser1')?.state).to.equal('running');
      rmSync(folder.path('ser2'), { recursive: true });
    });

    it('commits nonsense: it is undone by a commit that says why', async () => {
      folder.edit('ser1', '"State": "unknown"', '"State": "flying"');
      folder.git('add', '-u');
      await commit('-m', 'nonsense');
      await eventually(() => {
        expect(folder.subjects().slice(0, 2)).to.deep.equal([
          `imago ser1: refused an edit: ${file}:6: State: 'flying' is not a state: write one of unknown, configured, installing, installed, running`,
          'Anna nonsense',
        ]);
        expect(folder.read('ser1')).to.include('"State": "unknown"');
        expect(folder.git('status', '--porcelain')).to.equal('');
      });
      expect(folder.host('ser1')?.state).to.equal('unknown');
    });

    it('commits the address of another host: it is refused', async () => {
      folder.edit('ser1', '0.0.0.1', '0.0.0.2');
      await commit('-am', 'twice');
      await eventually(() => {
        expect(folder.subjects()[0]).to.include(`refused an edit: `).and.to.include('is the address of ser');
      });
      const addresses = [...folder.store.hosts()].map(({ internalAddress }) => internalAddress);
      expect(new Set(addresses).size).to.equal(2);
    });

    describe('a machine that is locked', () => {
      const lock = { by: 'anna', reason: 'do not touch', since: new Date('2026-11-29T10:00:00Z') };
      beforeEach(async () => {
        await folder.put('ser1', 'locked: do not touch', { lock });
        await eventually(() => {
          expect(folder.read('ser1')).to.include('do not touch');
          expect(folder.git('status', '--porcelain')).to.equal('');
          folder.git('update-index', '--refresh');
        });
      });

      it('commits another state: it is undone by a commit that says why', async () => {
        folder.edit('ser1', '"State": "unknown"', '"State": "configured"');
        await commit('-am', 'ser1: set by hand');
        await eventually(() => {
          expect(folder.subjects()[0]).to.include('refused an edit: ser1 is locked by anna');
        });
        expect(folder.host('ser1')).to.include({ state: 'unknown' });
      });

      it('removes it with git rm: it stays', async () => {
        folder.git('rm', '-q', file);
        await commit('-m', 'ser1: gone');
        await eventually(() => {
          expect(folder.subjects()[0]).to.include('refused an edit: ser1 is locked by anna');
        });
        expect(folder.host('ser1')?.lock).to.deep.equal(lock);
      });

      it('only writes into its file: that is refused', async () => {
        folder.edit('ser1', '"State": "unknown"', '"State": "configured"');
        await eventually(() => {
          expect(folder.store.health().troubles.join()).to.include('ser1 is locked by anna');
        });
        expect(folder.host('ser1')).to.include({ state: 'unknown' });
      });
    });

    it('removes a host with git rm: it is retired, and its address is free', async () => {
      folder.git('rm', '-q', file);
      await commit('-m', 'ser1: gone');
      await eventually(() => {
        expect(folder.host('ser1')).to.equal(undefined);
      });
      await folder.put('ser3', 'host created', { internalAddress: toIpv4(1) });
      expect(folder.host('ser3')?.internalAddress).to.equal(1);
    });

    it('deletes a file by mistake: it is restored, with a word about the right way', async () => {
      rmSync(folder.path('ser1'));
      await eventually(() => {
        expect(folder.read('ser1')).to.include('"Serial": "ser1"');
      });
      expect(folder.log.some(({ message }) => message.includes('git rm'))).to.equal(true);
    });

    it('commits a file beside a host, and then a change of another: the file stays in the index', async () => {
      writeFileSync(join(folder.path('ser1'), '..', 'notes.txt'), 'loud fan\n');
      await eventually(() => {
        folder.git('add', '.');
      });
      await commit('-m', 'notes');
      folder.edit('ser2', '"State": "unknown"', '"State": "configured"');
      await commit('-am', 'ser2: set by hand');
      await eventually(() => {
        expect(folder.host('ser2')?.state).to.equal('configured');
      });
      await folder.put('ser2', 'updated host connected nic', { connectedNic: 'eth0' });
      await eventually(() => {
        expect(folder.git('status', '--porcelain')).to.equal('');
      });
      expect(folder.git('show', `HEAD:${file.replace('conf.json', 'notes.txt')}`)).to.equal('loud fan\n');
    });

    it('keeps files of his own, in the root and beside a host', async () => {
      writeFileSync(join(folder.directory, 'README'), 'our machines\n');
      writeFileSync(join(folder.path('ser1'), '..', 'notes.txt'), 'loud fan\n');
      folder.git('add', '.');
      await commit('-m', 'notes');
      await folder.put('ser1', 'updated host state to installing', { state: 'installing' });
      await folder.put('ser2', 'updated host state to installing', { state: 'installing' });
      await folder.close();
      expect(folder.git('show', 'HEAD:README')).to.equal('our machines\n');
      expect(folder.git('show', `HEAD:${file.replace('conf.json', 'notes.txt')}`)).to.equal('loud fan\n');
      expect(folder.git('status', '--porcelain')).to.equal('');
      await folder.open();
      await folder.put('ser1', 'updated state to running', { state: 'running' });
      await folder.close();
      expect(folder.git('ls-tree', '-r', '--name-only', 'HEAD').trim().split('\n')).to.have.length(5);
      expect(folder.git('fsck', '--full', '--strict')).to.equal('');
    });

    it('takes commits back: that holds, and what was taken back keeps a name', async () => {
      await folder.put('ser1', 'updated host state to installing', { state: 'installing' });
      const head = folder.git('rev-parse', 'HEAD').trim();
      await eventually(() => {
        folder.git('reset', '-q', '--hard', 'HEAD~1');
      });
      await eventually(() => {
        expect(folder.host('ser1')?.state).to.equal('unknown');
      });
      expect(folder.git('for-each-ref', '--format=%(objectname)', 'refs/imago/kept').trim()).to.equal(head);
      expect(
        folder.log
          .filter(({ level }) => level === 'warn')
          .map(({ message }) => message)
          .join(),
      ).to.include('rewritten');
    });

    it('commits in the middle of many changes: none is lost', async () => {
      const changes = Array.from({ length: 300 }, (_, number) =>
        folder.put(`many${number % 40}`, `step ${number}`),
      );
      writeFileSync(join(folder.directory, 'README'), 'x\n');
      folder.git('add', 'README');
      const tree = folder.git('write-tree').trim();
      await eventually(() => {
        const parent = folder.git('rev-parse', 'HEAD').trim();
        const made = folder.git('commit-tree', tree, '-p', parent, '-m', 'mine').trim();
        folder.git('update-ref', 'refs/heads/main', made, parent);
      });
      await Promise.all(changes);
      await folder.close();
      expect(folder.subjects().filter((subject) => subject.includes(': step ')).length).to.equal(300);
      expect(folder.subjects().filter((subject) => subject === 'Anna mine').length).to.equal(1);
      expect(folder.git('fsck', '--full', '--strict')).to.equal('');
    });
  });

  describe('while imago is stopped', () => {
    beforeEach(async () => {
      await folder.close();
    });

    it('commits nonsense, and only edits another host: that edit is taken up', async () => {
      folder.edit('ser1', '"State": "unknown"', '"State": "flying"');
      await commit('-am', 'nonsense');
      folder.edit('ser2', '"State": "unknown"', '"State": "running"');
      await folder.open();
      expect(folder.host('ser1')).to.include({ state: 'unknown' });
      expect(folder.host('ser2')).to.include({ state: 'running' });
      expect(folder.subjects()[0]).to.equal('operator ser2: edited conf.json');
      await eventually(() => {
        expect(folder.git('status', '--porcelain')).to.equal('');
      });
    });

    it('commits a change: it holds', async () => {
      folder.edit('ser1', '"State": "unknown"', '"State": "running"');
      await commit('-am', 'by hand');
      await folder.open();
      expect(folder.host('ser1')?.state).to.equal('running');
      expect(folder.store.health().troubles).to.deep.equal([]);
    });

    for (const { name, content, says } of hostileFiles) {
      it(`commits a file with ${name}: the host is as it last was`, async () => {
        writeFileSync(folder.path('ser1'), content());
        await commit('-am', 'hostile');
        await folder.open();
        expect(folder.host('ser1')).to.include({ state: 'unknown', internalAddress: toIpv4(1) });
        expect(folder.subjects()[0]).to.include('imago ser1: refused an edit').and.include(says);
      });

      it(`leaves a file with ${name}: the start is as any other, and says so`, async () => {
        writeFileSync(folder.path('ser1'), content());
        await folder.open();
        expect(folder.host('ser1')).to.include({ state: 'unknown', internalAddress: toIpv4(1) });
        expect(folder.store.health().troubles.join()).to.include(file).and.include(says);
      });
    }

    it('commits nonsense: the host is as it last was, by a commit that says why', async () => {
      folder.edit('ser1', '"State": "unknown"', '"State": "flying"');
      await commit('-am', 'nonsense');
      await folder.open();
      expect(folder.host('ser1')?.state).to.equal('unknown');
      expect(folder.subjects()[0]).to.include(`imago ser1: refused an edit: ${file}:6: State: 'flying'`);
    });

    for (const [from, to] of [
      ['ser1', 'ser2'],
      ['ser2', 'ser1'],
    ] as const) {
      it(`commits the address of ${to} for ${from}: ${from} keeps its own`, async () => {
        folder.edit(from, `0.0.0.${from.slice(-1)}`, `0.0.0.${to.slice(-1)}`);
        await commit('-am', 'twice');
        await folder.open();
        expect(folder.host('ser1')?.internalAddress).to.equal(1);
        expect(folder.host('ser2')?.internalAddress).to.equal(2);
        expect(folder.subjects()[0])
          .to.include(`${from}: refused an edit: `)
          .and.to.include(`is the address of ${to}`);
      });
    }

    it('adds a host by its file: it is taken in', async () => {
      const path = folder.path('ser9');
      folder.git('init', '-q', join(path, '..', '.x'));
      rmSync(join(path, '..', '.x'), { recursive: true });
      writeFileSync(path, '{"Serial": "ser9", "State": "configured"}');
      await folder.open();
      expect(folder.host('ser9')?.state).to.equal('configured');
      await folder.close();
      expect(folder.git('status', '--porcelain')).to.equal('');
    });

    it('puts a host’s file where none belongs: it is named until it is gone', async () => {
      const folders = ['hosts/zz/ser9', 'hosts/00/ser1'].map((name) => join(folder.directory, name));
      for (const each of folders) {
        mkdirSync(each, { recursive: true });
        writeFileSync(join(each, 'conf.json'), '{"Serial": "ser9", "State": "configured"}');
      }
      await folder.open();
      expect([...folder.store.hosts()].map(({ serial }) => serial)).to.have.members(['ser1', 'ser2']);
      const { troubles } = folder.store.health();
      expect(troubles).to.have.length(2);
      expect(troubles.join('\n'))
        .to.include('hosts/zz/ser9/conf.json is not taken up')
        .and.include(`move it to ${hostPath('ser9' as Serial)}`)
        .and.include(`move it to ${file}`);
      expect(folder.git('diff', '--cached', '--name-only')).to.equal('');
      for (const each of folders) rmSync(each, { recursive: true });
      expect(folder.store.health().troubles).to.deep.equal([]);
    });

    it('puts very many files where none belongs: some are named, the others counted', async () => {
      for (let number = 0; number < 30; number += 1) {
        const each = join(folder.directory, `hosts/zz/ser${number}`);
        mkdirSync(each, { recursive: true });
        writeFileSync(join(each, 'conf.json'), '{}');
      }
      await folder.open();
      const { troubles } = folder.store.health();
      expect(troubles).to.have.length(21);
      expect(troubles.at(-1)).to.equal('10 more files are not taken up');
    });

    it('puts a file in the place of a folder of his own: the start is as any other', async () => {
      const notes = join(folder.directory, 'notes');
      mkdirSync(notes);
      writeFileSync(join(notes, 'README'), 'ours');
      folder.git('add', '.');
      await commit('-m', 'notes');
      rmSync(notes, { recursive: true });
      writeFileSync(notes, 'in the way');
      await folder.open();
      expect(folder.host('ser1')).to.include({ internalAddress: toIpv4(1) });
      expect(folder.store.health().isWritable).to.equal(true);
    });

    for (const [how, settle] of Object.entries({
      'commits it': () => folder.git('commit', '-q', '-am', 'a token'),
      'takes it back': () => folder.git('checkout', '--', 'cluster.json'),
    })) {
      it(`edits the cluster’s file: it is named until he ${how}`, async () => {
        writeFileSync(join(folder.directory, 'cluster.json'), '{"DefaultEtcdClusterToken": "abc"}\n');
        await folder.open();
        expect(folder.store.health().troubles).to.deep.equal([
          'cluster.json was edited: git commit it to make it hold',
        ]);
        await eventually(() => {
          settle();
        });
        await eventually(() => {
          expect(folder.store.health().troubles).to.deep.equal([]);
        });
      });
    }

    it('clones the folder: the clone is a full backup that imago starts from', async () => {
      const clone = new ClusterFolder();
      rmSync(clone.directory, { recursive: true });
      folder.git('clone', '-q', folder.directory, clone.directory);
      await clone.open();
      expect([...clone.store.hosts()].map(({ serial }) => serial)).to.have.members(['ser1', 'ser2']);
      expect((await clone.store.history('ser1' as Serial)).map(({ what }) => what)).to.deep.equal([
        'host created',
      ]);
      await clone.put('ser1', 'updated state to running', { state: 'running' });
      await clone.remove();
    });
  });
});
