import { expect } from 'chai';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { jsonIn } from '../../src/json.js';
import { lineOfJsonFault } from '../../src/json-fault.js';
import type { Author, RecordedChange } from '../../src/host/host-store.js';
import { InvalidRecord, lineOfField, type RecordEvent, type RecordKind } from '../../src/host/record-kind.js';
import type { Serial } from '../../src/host/serial.js';
import { recordPath } from '../../src/store/layout.js';
import { CHECKOUT_MARK } from '../../src/store/worktree/checkout.js';
import { bundleFolder } from '../../src/store/backup/bundle-folder.js';
import { restoreCluster } from '../../src/store/backup/restore.js';
import { ClusterFolder, eventually, untilTrue } from '../support/cluster-folder.js';
import { rejection } from '../support/rejection.js';

interface Group {
  readonly profile: string;
  readonly size: number;
  readonly note?: string;
}

type GroupCode = 'created' | 'resized' | 'noted' | 'removed';

/** A kind as a wing would have it. */
const groups: RecordKind<Group, GroupCode> = {
  name: 'groups',
  parse(text, file) {
    const fault = (field: string, value: unknown, remedy: string) =>
      new InvalidRecord(field, value, remedy, { file, line: lineOfField(text, field, value) });
    const json = jsonIn(text);
    if (typeof json !== 'object' || json === null) {
      const line = lineOfJsonFault(text);
      throw new InvalidRecord('', text.slice(0, 20), 'is not JSON: correct it', { file, line });
    }
    const { profile, size, note } = json as Record<string, unknown>;
    if (typeof profile !== 'string') throw fault('profile', profile, 'is not a text');
    if (typeof size !== 'number') throw fault('size', size, 'is not a number');
    if (note !== undefined && typeof note !== 'string') throw fault('note', note, 'is not a text');
    return { profile, size, ...(note !== undefined && { note }) };
  },
  format: ({ profile, size, note }) => `${JSON.stringify({ profile, size, note }, null, 2)}\n`,
  words: {
    created: 'group created',
    resized: 'resized to …',
    noted: 'note changed',
    removed: 'group removed',
  },
};

const anna: Author = { name: 'anna', kind: 'operator' };
const web: Group = { profile: 'web', size: 3 };

describe('records of another kind beside hosts', function () {
  this.timeout(30_000);
  let folder: ClusterFolder;
  let outside: string;

  beforeEach(async () => {
    outside = mkdtempSync(join(tmpdir(), 'imago-records-'));
    folder = new ClusterFolder(mkdtempSync(join(tmpdir(), 'imago-store-')), [groups]);
    await folder.open();
    await folder.put('ser1', 'host created');
  });

  afterEach(async () => {
    await folder.remove();
    rmSync(outside, { recursive: true });
  });

  const records = () => folder.store.records(groups);
  const put = (name: string, group: Group, code: GroupCode = 'created', detail?: string) =>
    records().change(name, () => ({ record: group, code, ...(detail !== undefined && { detail }) }), anna);
  const remove = (name: string) =>
    records().change(name, () => ({ record: undefined, code: 'removed' }), anna);
  const place = (name: string) => recordPath(groups, name);
  const path = (name: string) => join(folder.directory, place(name));
  const write = (name: string, text: string, directory = folder.directory) => {
    const file = join(directory, place(name));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  const read = (name: string) => readFileSync(path(name), 'utf8');
  const isClean = () =>
    eventually(() => {
      expect(folder.git('status', '--porcelain')).to.equal('');
      folder.git('update-index', '--refresh');
    });
  const head = () => folder.git('rev-parse', 'HEAD').trim();
  const expectWhole = () => {
    expect(folder.git('status', '--porcelain')).to.equal('');
    expect(folder.git('fsck', '--full', '--strict', '--no-dangling')).to.equal('');
  };

  describe('changes', () => {
    it('are one commit each, in the words of the kind and by whoever asked', async () => {
      const created = await put('web-1', web);
      const resized = await put('web-1', { ...web, size: 5 }, 'resized', '5');
      const removed = await remove('web-1');
      expect(folder.subjects().slice(0, 3)).to.deep.equal([
        'anna groups/web-1: group removed',
        'anna groups/web-1: resized to 5',
        'anna groups/web-1: group created',
      ]);
      expect(folder.git('log', '-3', '--format=%H').trim().split('\n')).to.deep.equal([
        removed,
        resized,
        created,
      ]);
      expect(folder.git('show', `${resized}:${place('web-1')}`)).to.equal(groups.format({ ...web, size: 5 }));
      expect(folder.git('diff', '--name-only', 'HEAD~3', 'HEAD~2').trim()).to.equal(place('web-1'));
      await folder.close();
      expect(existsSync(path('web-1'))).to.equal(false);
      expectWhole();
    });

    it('are read once they are durable, and the decision sees the fleet and those asked before', async () => {
      const seen: unknown[] = [];
      const first = put('web-1', web);
      const second = records().change(
        'web-1',
        (group, fleet) => {
          seen.push(group, fleet.size);
          return { record: { ...web, size: (group?.size ?? 0) + 1 }, code: 'resized', detail: 'one more' };
        },
        anna,
      );
      expect(records().get('web-1')).to.equal(undefined);
      await Promise.all([first, second]);
      expect(seen).to.deep.equal([web, 1]);
      expect([...records().list()]).to.deep.equal([['web-1', { ...web, size: 4 }]]);
      await folder.open();
      const third = put('web-1', web, 'resized', '3');
      expect(records().get('web-1'), 'not yet').to.deep.equal({ ...web, size: 4 });
      await third;
      expect(records().get('web-1')).to.deep.equal(web);
    });

    it('that change nothing make no commit', async () => {
      await put('web-1', web);
      const before = head();
      expect(await put('web-1', { ...web })).to.equal(undefined);
      expect(await remove('web-2')).to.equal(undefined);
      expect(await records().change('web-1', () => undefined, anna)).to.equal(undefined);
      expect(head()).to.equal(before);
    });

    it('of both kinds share one batch and keep their order', async () => {
      const told: string[] = [];
      folder.store.subscribe(({ serial, commit = '' }) => told.push(`${serial} ${commit}`));
      records().subscribe(({ name, commit = '' }) => told.push(`${name} ${commit}`));
      await Promise.all([
        put('web-1', web),
        folder.put('ser1', 'updated state to running', { state: 'running' }),
        put('web-2', web),
        folder.put('ser2', 'host created'),
      ]);
      const commits = folder.git('log', '-4', '--reverse', '--format=%H').trim().split('\n');
      expect(told).to.deep.equal(
        ['web-1', 'ser1', 'web-2', 'ser2'].map((key, at) => `${key} ${commits[at]}`),
      );
      expect(folder.git('count-objects', '-v')).to.match(/^count: 0$/m);
      await folder.close();
      expectWhole();
    });

    it('under a name that could leave the folder, that are too large, or that throw, leave nothing behind', async () => {
      const before = head();
      expect(await rejection(put('../evil', web))).to.include({ code: 'INVALID_VALUE' });
      const large = put('web-1', { ...web, note: 'x'.repeat(1024 * 1024) });
      expect(await rejection(large)).to.include({ code: 'INVALID_RECORD' });
      const thrown = records().change(
        'web-1',
        () => {
          throw new RangeError('no');
        },
        anna,
      );
      expect(await rejection(thrown)).to.be.instanceOf(RangeError);
      expect(head()).to.equal(before);
    });

    it('of a kind that the store was not opened with cannot be asked for', () => {
      expect(() => folder.store.records({ ...groups, name: 'gateways' })).to.throw(RangeError, 'gateways');
    });
  });

  describe('what was', () => {
    it('is told to watchers of the kind alone, with codes', async () => {
      const hosts: RecordedChange[] = [];
      const events: RecordEvent<Group>[] = [];
      folder.store.subscribe((change) => hosts.push(change));
      const end = records().subscribe((event) => events.push(event));
      const revision = await put('web-1', web);
      await put('web-1', { ...web, size: 5 }, 'resized', '5');
      await remove('web-1');
      end();
      await put('web-2', web);
      expect(hosts).to.deep.equal([]);
      expect(events[0]).to.include({ revision, kind: 'groups', name: 'web-1', author: 'anna' });
      expect(
        events.map(({ code, what, before, record }) => [code, what, before?.size, record?.size]),
      ).to.deep.equal([
        ['created', 'group created', undefined, 3],
        ['resized', 'resized to 5', 3, 5],
        ['removed', 'group removed', 5, undefined],
      ]);
    });

    it('is its history, also after a restart and after the log was lost; that of hosts stays theirs', async () => {
      const revision = await put('web-1', web);
      await put('web-1', { ...web, size: 5 }, 'resized', '5');
      await folder.put('ser1', 'updated state to running', { state: 'running' });
      const check = async () => {
        const history = await records().history('web-1');
        expect(history.map(({ code, what, author }) => [code, what, author])).to.deep.equal([
          ['resized', 'resized to 5', 'anna'],
          ['created', 'group created', 'anna'],
        ]);
        expect(history[1]?.revision).to.equal(revision);
        expect(await records().history('web-1', 1)).to.have.length(1);
        expect(await records().history('ser1')).to.deep.equal([]);
        const log = await folder.store.log({ author: 'anna' });
        expect(log.map(({ record, what }) => [record, what])).to.deep.equal([
          ['groups/web-1', 'resized to 5'],
          ['groups/web-1', 'group created'],
        ]);
        const hosts = await folder.store.history('ser1' as Serial);
        expect(hosts.map(({ what }) => what)).to.deep.equal(['updated state to running', 'host created']);
      };
      await check();
      await folder.open();
      await check();
      await folder.close();
      rmSync(join(folder.directory, '.git/imago/log'));
      await folder.open();
      await check();
    });
  });

  describe('after a restart', () => {
    it('is as it was, from the work tree and from the commits', async () => {
      await put('web-1', { ...web, note: 'ö' });
      await put('web-2', web);
      await remove('web-2');
      await folder.open();
      expect([...records().list()]).to.deep.equal([['web-1', { ...web, note: 'ö' }]]);
      await put('web-3', web);
      expect(folder.git('ls-tree', '-r', '--name-only', 'HEAD', 'groups/').trim()).to.equal(
        'groups/9a/web-3.json\ngroups/ba/web-1.json',
      );
      await folder.close();
      rmSync(join(folder.directory, 'groups'), { recursive: true });
      await folder.open();
      expect(records().get('web-1')).to.deep.equal({ ...web, note: 'ö' });
      await isClean();
      expect(JSON.parse(read('web-3'))).to.deep.equal(web);
    });

    it('is as it was answered, when the daemon was killed at once', async () => {
      await Promise.all([put('web-1', web), folder.put('ser2', 'host created')]);
      const killed = join(outside, 'killed');
      // Files that are just being written vanish meanwhile: cp goes on without them.
      spawnSync('cp', ['-a', folder.directory, killed], { stdio: 'ignore' });
      rmSync(join(killed, '.git/imago/owner'), { force: true });
      const other = new ClusterFolder(killed, [groups]);
      await other.open();
      expect(other.store.records(groups).get('web-1')).to.deep.equal(web);
      expect(other.store.size).to.equal(2);
      await other.close();
      expect(other.git('status', '--porcelain')).to.equal('');
      expect(other.git('rev-parse', 'HEAD')).to.equal(folder.git('rev-parse', 'HEAD'));
    });

    for (const [torn, text] of [
      ['the version before', groups.format(web)],
      ['nothing', ''],
      ['zeros', '\0'.repeat(40)],
    ] as const) {
      it(`writes a torn file again that holds ${torn}`, async () => {
        await put('web-1', web);
        await folder.close();
        const mark = head();
        await folder.open();
        await put('web-1', { ...web, size: 5 }, 'resized', '5');
        await put('web-2', web);
        await folder.close();
        writeFileSync(join(folder.directory, '.git', CHECKOUT_MARK), `${mark}\n`);
        writeFileSync(path('web-1'), text);
        const before = head();
        await folder.open();
        expect(records().get('web-1')).to.deep.equal({ ...web, size: 5 });
        await folder.close();
        expect(head(), 'nothing was taken for an edit').to.equal(before);
        expect(JSON.parse(read('web-1'))).to.include({ size: 5 });
        expectWhole();
      });
    }
  });

  describe('an operator in the cluster folder', () => {
    const last = () => folder.subjects()[0];

    beforeEach(async () => {
      await put('web-1', web);
      await isClean();
    });

    const edit = (from: string, to: string) => {
      writeFileSync(path('web-1'), read('web-1').replace(from, to));
    };

    it('edits a file: it becomes a commit of his', async () => {
      edit('"size": 3', '"size": 7');
      await eventually(() => {
        expect(records().get('web-1')).to.deep.equal({ ...web, size: 7 });
      });
      expect(last()).to.equal('operator groups/web-1: edited');
      const [entry] = await records().history('web-1');
      expect(entry).to.include({ code: 'edited', author: 'operator' });
      await isClean();
    });

    it('writes a file anew while imago is stopped, and edits another: both become commits', async () => {
      await folder.close();
      edit('"size": 3', '"size": 7');
      write('web-2', groups.format(web));
      await folder.open();
      expect(new Map(records().list())).to.deep.equal(
        new Map([
          ['web-1', { ...web, size: 7 }],
          ['web-2', web],
        ]),
      );
      await folder.close();
      expectWhole();
    });

    it('makes a mistake: it is named by file and line, nothing is taken up, and corrected it is', async () => {
      const before = head();
      edit('"size": 3', '"size": "many"');
      const trouble = `an edit is not taken up: groups/ba/web-1.json:3: size: 'many' is not a number`;
      await eventually(() => {
        expect(folder.store.health().troubles).to.deep.equal([trouble]);
      });
      await put('web-1', { ...web, note: 'meanwhile' }, 'noted');
      expect(read('web-1')).to.include('"many"');
      await folder.open();
      expect(folder.store.health().troubles).to.deep.equal([trouble]);
      expect(folder.git('log', '--format=%s', `${before}..HEAD`).trim()).to.equal(
        'groups/web-1: note changed',
      );
      edit('"many"', '9');
      await eventually(() => {
        expect(records().get('web-1')).to.deep.equal({ ...web, size: 9, note: 'meanwhile' });
        expect(folder.store.health().troubles).to.deep.equal([]);
      });
      await isClean();
    });

    it('loses a file: it comes back', async () => {
      rmSync(path('web-1'));
      await eventually(() => {
        expect(JSON.parse(read('web-1'))).to.deep.equal(web);
      });
      expect(records().get('web-1')).to.deep.equal(web);
    });

    const commit = (...words: string[]) =>
      eventually(() => {
        folder.git('commit', '-q', ...words);
      });

    it('commits a change with git: it holds, and watchers are told in his words', async () => {
      const events: RecordEvent[] = [];
      records().subscribe((event) => events.push(event));
      edit('"size": 3', '"size": 8');
      folder.edit('ser1', '"State": "unknown"', '"State": "configured"');
      await commit('-am', 'more of it');
      await eventually(() => {
        expect(records().get('web-1')).to.deep.equal({ ...web, size: 8 });
      });
      expect(folder.host('ser1')).to.include({ state: 'configured' });
      expect(events.map(({ author, what, code }) => [author, what, code])).to.deep.equal([
        ['Anna', 'more of it', undefined],
      ]);
      expect(events[0]?.revision).to.equal(`${head()}.groups/web-1`);
      await put('web-1', web, 'resized', '3');
      await isClean();
    });

    it('removes one with git: it is gone', async () => {
      await eventually(() => {
        folder.git('rm', '-q', place('web-1'));
      });
      await commit('-m', 'not needed');
      await eventually(() => {
        expect(records().get('web-1')).to.equal(undefined);
      });
    });

    for (const isRunning of [true, false]) {
      it(`commits a mistake while imago ${isRunning ? 'runs' : 'is stopped'}: the next commit puts it right`, async () => {
        const held: unknown[] = [];
        records().subscribe(({ name }) => held.push([name, records().get(name)]));
        if (!isRunning) await folder.close();
        edit('"profile": "web"', '"profile": 1');
        write('web-9', '{}\n');
        await eventually(() => {
          folder.git('add', place('web-9'));
        });
        await commit('-am', 'by hand');
        if (!isRunning) await folder.open();
        await eventually(() => {
          expect(folder.subjects().slice(0, 3).sort()).to.deep.equal([
            'Anna by hand',
            `imago groups/web-1: refused an edit: groups/ba/web-1.json:2: profile: '1' is not a text`,
            `imago groups/web-9: refused an edit: groups/39/web-9.json:1: profile: nothing is not a text`,
          ]);
        });
        expect([...records().list()]).to.deep.equal([['web-1', web]]);
        // Watchers are told of a commit after it is on disk.
        await eventually(() => {
          expect(held, 'at no time what is no group').to.deep.equal(
            isRunning
              ? [
                  ['web-1', web],
                  ['web-9', undefined],
                  ['web-9', undefined],
                  ['web-1', web],
                ]
              : [],
          );
        });
        await isClean();
        expect(existsSync(path('web-9'))).to.equal(false);
      });
    }

    it('keeps files of his own beside them: they survive every commit', async () => {
      mkdirSync(join(folder.directory, 'docs'));
      writeFileSync(join(folder.directory, 'docs/rack.json'), '{');
      writeFileSync(join(folder.directory, 'groups/README'), 'groups\n');
      await eventually(() => {
        folder.git('add', 'docs', 'groups/README');
      });
      await commit('-m', 'notes');
      await put('web-2', web);
      await folder.put('ser2', 'host created');
      await folder.open();
      await remove('web-1');
      await remove('web-2');
      expect(folder.git('ls-tree', '-r', '--name-only', 'HEAD', 'docs', 'groups').trim()).to.equal(
        'docs/rack.json\ngroups/README',
      );
      await folder.close();
      expectWhole();
    });
  });

  it('of a kind that is no longer known survive every commit, and are there again once it is', async () => {
    await put('web-1', web);
    await folder.close();
    const without = new ClusterFolder(folder.directory);
    await without.open();
    await without.put('ser2', 'host created');
    await without.put('ser1', 'updated state to running', { state: 'running' });
    expect(without.log.filter(({ level }) => level !== 'info')).to.deep.equal([]);
    await without.close();
    await folder.open();
    expect(records().get('web-1')).to.deep.equal(web);
    expect(await records().history('web-1')).to.have.length(1);
    await folder.close();
    expectWhole();
  });

  it('of a kind that becomes known are as they last were where a file is none', async () => {
    await folder.close();
    const without = new ClusterFolder(folder.directory);
    for (const text of [groups.format(web), '{}\n']) {
      write('web-1', text);
      folder.git('add', 'groups');
      folder.git('commit', '-q', '-m', 'by hand');
      await without.open();
      await without.put('ser2', 'host created');
      await without.close();
    }
    await folder.open();
    expect(records().get('web-1')).to.deep.equal(web);
    expect(folder.subjects()[0]).to.equal(
      'imago groups/web-1: refused an edit: groups/ba/web-1.json:1: profile: nothing is not a text',
    );
    await folder.close();
    expectWhole();
  });

  describe('whose file is not in its place', () => {
    const flat = () => join(folder.directory, 'groups/web-1.json');
    /** Of web-2. */
    const elsewhere = () => join(folder.directory, 'groups/3b/web-1.json');
    const larger = { ...web, size: 12 };
    const commit = (...words: string[]) =>
      eventually(() => {
        folder.git('add', 'groups');
        folder.git('commit', '-q', '-m', 'by hand', ...words);
      });
    const isMoved = async () => {
      await eventually(() => {
        expect(records().get('web-1')).to.deep.equal(larger);
        expect(existsSync(flat()) || existsSync(elsewhere())).to.equal(false);
        expect(read('web-1')).to.equal(groups.format(larger));
      });
      await isClean();
      expect(folder.git('ls-tree', '-r', '--name-only', 'HEAD', 'groups/').trim().split('\n')).to.deep.equal([
        place('web-2'),
        place('web-1'),
      ]);
      await folder.close();
      expectWhole();
    };

    beforeEach(async () => {
      await put('web-2', web);
      await isClean();
    });

    for (const [where, file] of [
      ["the kind's folder itself", flat],
      ["the folder of another's shard", elsewhere],
    ] as const) {
      for (const isRunning of [true, false]) {
        it(`is taken up from ${where}, committed while imago ${isRunning ? 'runs' : 'is stopped'}, and moved`, async () => {
          const events: unknown[] = [];
          records().subscribe(({ name, author, what, record }) => events.push([name, author, what, record]));
          if (!isRunning) await folder.close();
          writeFileSync(file(), JSON.stringify(larger));
          await commit();
          if (!isRunning) await folder.open();
          await eventually(() => {
            expect(folder.subjects().slice(0, 2)).to.deep.equal([
              'imago groups/web-1: moved to its folder',
              'Anna by hand',
            ]);
          });
          await untilTrue(async () => (await records().history('web-1')).length === 2);
          expect((await records().history('web-1')).map(({ author, code }) => [author, code])).to.deep.equal([
            ['imago', 'moved'],
            ['Anna', undefined],
          ]);
          expect(folder.log.filter(({ level }) => level === 'error')).to.deep.equal([]);
          if (isRunning)
            expect(events).to.deep.equal([
              ['web-1', 'Anna', 'by hand', larger],
              ['web-1', 'imago', 'moved to its folder', larger],
            ]);
          await isMoved();
        });
      }

      it(`is taken up from ${where} by a start, not committed: as an edit of the operator's`, async () => {
        await put('web-1', web);
        await folder.close();
        writeFileSync(file(), JSON.stringify(larger));
        await folder.open();
        expect(folder.subjects()[0]).to.equal('operator groups/web-1: edited');
        await isMoved();
      });

      it(`holds where there is one in its place as well: somebody put it into ${where} after that`, async () => {
        await put('web-1', web);
        await isClean();
        writeFileSync(file(), JSON.stringify(larger));
        await commit();
        await isMoved();
      });
    }

    for (const [where, file] of [
      ["the kind's folder itself", flat],
      ["the folder of another's shard", elsewhere],
      ['its place', () => path('web-1')],
    ] as const)
      it(`is taken up from ${where} once it is whole, also while imago runs and without git`, async () => {
        mkdirSync(dirname(file()), { recursive: true });
        writeFileSync(file(), JSON.stringify(larger));
        await eventually(() => {
          expect(folder.subjects()[0]).to.equal('operator groups/web-1: edited');
        });
        await isMoved();
      });

    it('is named where it is faulty and not committed, until it is corrected, or taken away', async () => {
      const troubles = () => folder.store.health().troubles;
      writeFileSync(flat(), '{"profile": 1}');
      await eventually(() => {
        expect(troubles()).to.deep.equal([
          "an edit is not taken up: groups/web-1.json:1: profile: '1' is not a text",
        ]);
      });
      rmSync(flat());
      await eventually(() => {
        expect(troubles()).to.deep.equal([]);
      });
      writeFileSync(flat(), '{"profile": 2}');
      await eventually(() => {
        expect(troubles()).to.have.length(1);
      });
      writeFileSync(flat(), JSON.stringify(larger));
      await isMoved();
    });

    it('is refused by its own name where it is faulty, and gone from where it was', async () => {
      await put('web-1', larger);
      await isClean();
      writeFileSync(flat(), '{"profile": 1}');
      await commit();
      await eventually(() => {
        expect(folder.subjects()[0]).to.equal(
          "imago groups/web-1: refused an edit: groups/web-1.json:1: profile: '1' is not a text",
        );
      });
      await isMoved();
    });

    it('is taken up as it was edited after it was committed', async () => {
      await folder.close();
      writeFileSync(flat(), JSON.stringify(web));
      await commit();
      writeFileSync(flat(), JSON.stringify(larger));
      await folder.open();
      await eventually(() => {
        expect(folder.subjects().slice(0, 3)).to.deep.equal([
          'operator groups/web-1: edited',
          'imago groups/web-1: moved to its folder',
          'Anna by hand',
        ]);
      });
      await isMoved();
    });

    for (const isRunning of [true, false])
      it(`moves with all the others in one commit, while imago ${isRunning ? 'runs' : 'is stopped'}, and the log made again says so`, async () => {
        if (!isRunning) await folder.close();
        const names = Array.from({ length: 300 }, (_, number) => `node-${number}`);
        for (const name of names)
          writeFileSync(join(folder.directory, `groups/${name}.json`), JSON.stringify(larger));
        await commit();
        if (!isRunning) await folder.open();
        await eventually(() => {
          expect(folder.subjects().slice(0, 2)).to.deep.equal([
            'imago cluster: moved 300 records to their folders',
            'Anna by hand',
          ]);
        });
        await untilTrue(async () => (await records().history('node-7')).length === 2);
        const told = async () =>
          (await records().history('node-7')).map(({ revision, author }) => [revision, author]);
        const before = await told();
        expect(before.map(([, author]) => author)).to.deep.equal(['imago', 'Anna']);
        await put('node-7', web, 'resized', '3');
        await folder.close();
        expectWhole();
        rmSync(join(folder.directory, '.git/imago/log'));
        await folder.open();
        expect((await told()).slice(1)).to.deep.equal(before);
        expect([...records().list()]).to.have.length(301);
        expect(folder.git('ls-tree', '--name-only', 'HEAD', 'groups/')).to.not.include('.json');
      });

    it('is pulled from a repository that keeps them so, each time that it is changed there, and removed', async () => {
      const bare = join(outside, 'bare.git');
      const work = join(outside, 'work');
      const git = (cwd: string, ...words: string[]) =>
        execFileSync('git', ['-c', 'user.name=Rita', '-c', 'user.email=rita@example.org', ...words], { cwd });
      git(outside, 'init', '-q', '--bare', '-b', 'main', bare);
      const remote = { url: bare, branch: 'main' };
      await folder.store.remote.push(remote);
      git(outside, 'clone', '-q', bare, work);
      const there = join(work, 'groups/web-1.json');
      const publish = async (text: string | undefined) => {
        if (text === undefined) rmSync(there);
        else writeFileSync(there, text);
        git(work, 'add', '-A');
        git(work, 'commit', '-q', '-m', 'reviewed');
        git(work, 'push', '-q', 'origin', 'main');
        await folder.store.remote.pull(remote);
        return records().get('web-1');
      };
      expect(await publish(groups.format(web))).to.deep.equal(web);
      await put('web-1', { ...web, note: 'here' }, 'noted');
      expect(await publish(groups.format({ ...web, size: 4 })), 'by fields').to.deep.equal({
        ...web,
        size: 4,
        note: 'here',
      });
      expect(await publish(undefined)).to.equal(undefined);
      expect(await publish(groups.format(larger))).to.deep.equal(larger);
      await isMoved();
    });
  });

  it('are pulled from a repository elsewhere, field by field, and faulty ones are refused', async () => {
    await put('web-1', web);
    await put('web-2', web);
    const bare = join(outside, 'bare.git');
    const work = join(outside, 'work');
    const git = (cwd: string, ...words: string[]) =>
      execFileSync('git', ['-c', 'user.name=Rita', '-c', 'user.email=rita@example.org', ...words], { cwd });
    git(outside, 'init', '-q', '--bare', '-b', 'main', bare);
    const remote = { url: bare, branch: 'main' };
    await folder.store.remote.push(remote);
    git(outside, 'clone', '-q', bare, work);
    write('web-1', groups.format({ ...web, size: 9 }), work);
    write('web-2', groups.format(web).replace('3', '"x"'), work);
    write('web-3', groups.format(web), work);
    write('web-4', groups.format(web), work);
    git(work, 'add', '.');
    git(work, 'commit', '-q', '-m', 'reviewed');
    git(work, 'push', '-q', 'origin', 'main');
    await put('web-1', { ...web, note: 'here' }, 'noted');
    await put('web-4', web);
    const events: RecordEvent<Group>[] = [];
    records().subscribe((event) => events.push(event));
    expect(await folder.store.remote.pull(remote), 'hosts').to.equal(0);
    expect(new Map(records().list())).to.deep.equal(
      new Map([
        ['web-1', { ...web, size: 9, note: 'here' }],
        ['web-2', web],
        ['web-3', web],
        ['web-4', web],
      ]),
    );
    expect(folder.git('log', '-1', '--format=%an %P').trim().split(' ')).to.have.length(3);
    expect(events.map(({ revision, code, author }) => [revision, code, author])).to.deep.equal([
      [`${head()}.groups/web-1`, 'changed-elsewhere', 'Rita'],
      [`${head()}.groups/web-3`, 'changed-elsewhere', 'Rita'],
    ]);
    await put('web-2', { ...web, note: 'ours' }, 'noted');
    expect(folder.store.health().troubles.join('\n')).to.match(
      /groups\/3b\/web-2\.json:3: size: 'x' is not a number/,
    );
    git(work, 'rm', '-q', place('web-3'));
    write('web-2', groups.format({ ...web, size: 4 }), work);
    git(work, 'commit', '-q', '-am', 'corrected');
    git(work, 'push', '-q', 'origin', 'main');
    await folder.store.remote.pull(remote);
    expect(records().get('web-2')).to.deep.equal({ ...web, size: 4, note: 'ours' });
    expect(records().get('web-3')).to.equal(undefined);
    expect(folder.store.health().troubles).to.deep.equal([]);
    await folder.close();
    expectWhole();
  });

  it('are in a backup, and there again after it is restored', async () => {
    await put('web-1', web);
    const bundle = join(outside, 'a.bundle');
    await bundleFolder(folder.directory, bundle, outside);
    const target = join(outside, 'restored');
    await restoreCluster(bundle, target);
    const restored = new ClusterFolder(target, [groups]);
    await restored.open();
    expect(restored.store.records(groups).get('web-1')).to.deep.equal(web);
    expect(await restored.store.records(groups).history('web-1')).to.have.length(1);
    expect(restored.host('ser1')?.serial).to.equal('ser1');
    await restored.close();
  });

  it('that nobody made leave no trace: not in the folder, not in a commit', async () => {
    await folder.open();
    await folder.put('ser2', 'host created');
    await folder.close();
    expect(existsSync(join(folder.directory, 'groups'))).to.equal(false);
    expect(folder.git('ls-tree', '--name-only', 'HEAD').trim().split('\n')).to.deep.equal([
      'cluster.json',
      'hosts',
    ]);
    expectWhole();
  });

  it('have a folder of their own', async () => {
    for (const kinds of [[{ ...groups, name: 'hosts' }], [{ ...groups, name: '../x' }], [groups, groups]]) {
      const other = new ClusterFolder(join(outside, 'other'), kinds);
      expect(await rejection(other.open())).to.be.instanceOf(RangeError);
    }
  });
});
