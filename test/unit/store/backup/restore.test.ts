import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { encodeCommit } from '../../../../src/git/commit.js';
import { rawIdOf, sha1 } from '../../../../src/git/object.js';
import { FILE_MODE, TREE_MODE, encodeTree } from '../../../../src/git/tree.js';
import { PackBuilder } from '../../../../src/git/pack-builder.js';
import { initRepository, repositoryPaths } from '../../../../src/store/repository.js';
import { restoreCluster } from '../../../../src/store/backup/restore.js';

const anna = { name: 'Anna', email: 'anna@example.org', time: new Date('2026-11-21T10:00:00Z') };
const NOTE = Buffer.from('a note of an operator\n'.repeat(40));
const noteId = rawIdOf('blob', NOTE).toString('hex');
const loosePath = `${noteId.slice(0, 2)}/${noteId.slice(2)}`;

interface Fault {
  readonly name: string;
  /** Below `objects`; `old` and `new` stand for the packs of the first and the second commit. */
  readonly file: string;
  readonly damage: (path: string) => void;
  readonly want: RegExp;
}

const flip =
  (placeIn: (bytes: number) => number) =>
  (path: string): void => {
    const bytes = readFileSync(path);
    const place = placeIn(bytes.length);
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    chmodSync(path, 0o644);
    writeFileSync(path, bytes);
  };
const cut =
  (to: number) =>
  (path: string): void => {
    chmodSync(path, 0o644);
    truncateSync(path, to);
  };

/** In the words of git. */
const PACK = /objects\/pack\/pack-[0-9a-f]{40}\.pack(?: |\) is corrupt)/;
const INDEX = /objects\/pack\/pack-[0-9a-f]{40}\.idx/;
const OTHER_PACK = /objects\/pack\/pack-[0-9a-f]{40}\.pack does not match index/;
const MISSING = /Could not read [0-9a-f]{40}|unable to read [0-9a-f]{40}/;

const faults: readonly Fault[] = [
  { name: 'the header of a pack', file: 'pack/old.pack', damage: flip(() => 3), want: PACK },
  { name: 'the count in a pack', file: 'pack/old.pack', damage: flip(() => 11), want: PACK },
  { name: 'the middle of an old pack', file: 'pack/old.pack', damage: flip((size) => size >> 1), want: PACK },
  { name: 'the middle of a new pack', file: 'pack/new.pack', damage: flip((size) => size >> 1), want: PACK },
  { name: 'the checksum of a pack', file: 'pack/old.pack', damage: flip((size) => size - 1), want: PACK },
  { name: 'the start of an index', file: 'pack/old.idx', damage: flip(() => 0), want: INDEX },
  { name: 'the counts of an index', file: 'pack/old.idx', damage: flip(() => 100), want: INDEX },
  {
    name: 'the pack that an index names',
    file: 'pack/old.idx',
    damage: flip((size) => size - 40),
    want: OTHER_PACK,
  },
  { name: 'a pack that is cut off', file: 'pack/old.pack', damage: cut(40), want: PACK },
  { name: 'an index that is empty', file: 'pack/old.idx', damage: cut(0), want: INDEX },
  { name: 'a pack that is gone', file: 'pack/old.pack', damage: (path) => rmSync(path), want: MISSING },
  { name: 'an index that is gone', file: 'pack/old.idx', damage: (path) => rmSync(path), want: MISSING },
  {
    name: 'a loose object',
    file: loosePath,
    damage: flip((size) => size >> 1),
    want: new RegExp(`objects/${loosePath}\\) is corrupt`),
  },
  {
    name: 'a loose object of other content',
    file: loosePath,
    damage: (path) => writeFileSync(path, deflateSync('blob 3\0abc')),
    want: new RegExp(`missing blob object '${noteId}'`),
  },
  { name: 'a loose object that is gone', file: loosePath, damage: (path) => rmSync(path), want: MISSING },
  {
    name: 'the index of another pack',
    file: 'pack/old.idx',
    damage: (path) => {
      const index = readFileSync(path);
      index[index.length - 40] = (index[index.length - 40] ?? 0) ^ 1;
      chmodSync(path, 0o644);
      writeFileSync(path, Buffer.concat([index.subarray(0, -20), sha1(index.subarray(0, -20))]));
    },
    want: OTHER_PACK,
  },
  {
    name: 'an object that was damaged before its pack was written',
    file: 'pack/old.pack',
    damage: (path) => {
      const pack = readFileSync(path);
      const place = pack.indexOf('the first');
      pack[place] = (pack[place] ?? 0) ^ 1;
      const body = pack.subarray(0, -20);
      const index = readFileSync(path.replace('.pack', '.idx'));
      sha1(body).copy(index, index.length - 40);
      for (const file of [path, path.replace('.pack', '.idx')]) chmodSync(file, 0o644);
      writeFileSync(path, Buffer.concat([body, sha1(body)]));
      writeFileSync(
        path.replace('.pack', '.idx'),
        Buffer.concat([index.subarray(0, -20), sha1(index.subarray(0, -20))]),
      );
    },
    want: /inflate: data stream error/,
  },
];

describe('a cluster that is restored', () => {
  let folder: string;
  let backup: string;
  let target: string;
  let packs: Readonly<Record<'old' | 'new', string>>;
  let head: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'imago-restore-'));
    backup = join(folder, 'backup');
    target = join(folder, 'clusters/rack1');
    ({ packs, head } = makeRepository(backup));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const objects = (): string => join(backup, '.git/objects');
  const pathOf = (file: string): string =>
    join(
      objects(),
      file.replace(/old|new/, (which) => packs[which === 'old' ? 'old' : 'new']),
    );

  it('stands at the commit of the backup', async () => {
    expect(await restoreCluster(backup, target)).to.equal(head);
    expect(
      execFileSync('git', ['-C', target, 'fsck', '--full', '--strict', '--no-dangling'], {
        encoding: 'utf8',
      }),
    ).to.equal('');
    expect(readFileSync(join(target, '.git/refs/heads/main'), 'utf8')).to.equal(`${head}\n`);
  });

  it('is not begun where the disk would be left with too little', async () => {
    const archive = join(folder, 'a.tar');
    execFileSync('tar', ['--format=ustar', '-cf', archive, '-C', folder, 'backup']);
    expect(await refusal(restoreCluster(archive, target, Number.MAX_SAFE_INTEGER))).to.include(
      'images.reserveGigabytes keeps 9007199254740991 so',
    );
    expect(readdirSync(join(folder, 'clusters'))).to.deep.equal([]);
    expect(await restoreCluster(archive, target, 1)).to.equal(head);
  });

  it('goes without what git derives of the objects, where that is damaged', async () => {
    mkdirSync(join(objects(), 'info'), { recursive: true });
    const graph = Buffer.from('CGPH and so on');
    writeFileSync(join(objects(), 'info/commit-graph'), Buffer.concat([graph, sha1(Buffer.from('else'))]));
    writeFileSync(pathOf('pack/old.rev'), Buffer.concat([graph, sha1(graph)]));
    expect(await restoreCluster(backup, target)).to.equal(head);
    expect(existsSync(join(target, '.git/objects/info/commit-graph'))).to.equal(false);
  });

  it('goes without the checksum of an index: git makes another of the objects', async () => {
    flip((size) => size - 1)(pathOf('pack/old.idx'));
    expect(await restoreCluster(backup, target)).to.equal(head);
  });

  it('goes without an index whose pack a repack took away', async () => {
    writeFileSync(join(objects(), 'pack/pack-gone.idx'), readFileSync(pathOf('pack/old.idx')));
    expect(await restoreCluster(backup, target)).to.equal(head);
    expect(readdirSync(join(target, '.git/objects/pack'))).not.to.include('pack-gone.idx');
  });

  const git = (...words: string[]) => execFileSync('git', ['-C', backup, ...words], { encoding: 'utf8' });

  it('stands on the branch of the backup, also one of an odd name', async () => {
    git('branch', '-m', 'rack+2/β');
    git('bundle', 'create', '-q', join(folder, 'a.bundle'), 'HEAD', '--all');
    for (const from of [backup, join(folder, 'a.bundle')]) {
      expect(await restoreCluster(from, target)).to.equal(head);
      expect(readFileSync(join(target, '.git/HEAD'), 'utf8')).to.equal('ref: refs/heads/rack+2/β\n');
      rmSync(target, { recursive: true });
    }
  });

  it('takes nothing of the configuration, the hooks or the other names that a backup came with', async () => {
    git('config', 'core.fsmonitor', `touch ${join(folder, 'evil')}`);
    git('config', 'core.alternateRefsCommand', `touch ${join(folder, 'evil')}`);
    git('config', 'uploadpack.packObjectsHook', `touch ${join(folder, 'evil')}`);
    git('update-ref', `refs/replace/${head}`, 'HEAD~1');
    expect(await restoreCluster(backup, target)).to.equal(head);
    expect(readFileSync(join(target, '.git/config'), 'utf8')).not.to.include('evil');
    expect(readdirSync(join(target, '.git/refs'))).not.to.include('replace');
    expect(readdirSync(folder)).not.to.include('evil');
  });

  const files: readonly { what: string; make: (file: string) => void; says: string }[] = [
    { what: 'nothing in it', make: (file) => writeFileSync(file, ''), says: 'git bundle failed: ' },
    {
      what: 'something else in it',
      make: (file) => writeFileSync(file, 'x'.repeat(2048)),
      says: 'git bundle failed: ',
    },
    {
      what: 'a bundle that is cut off',
      make: (file) => {
        git('bundle', 'create', '-q', file, 'HEAD', 'main');
        truncateSync(file, statSync(file).size - 100);
      },
      says: 'git fetch failed: ',
    },
    {
      what: 'a bundle with a bit flipped',
      make: (file) => {
        git('bundle', 'create', '-q', file, 'HEAD', 'main');
        flip((size) => size - 100)(file);
      },
      says: 'git fetch failed: ',
    },
    {
      what: 'a bundle that goes on top of another',
      make: (file) => git('bundle', 'create', '-q', file, 'HEAD', 'main', '^main~1'),
      says: 'git bundle failed: error: Repository lacks these prerequisite commits',
    },
    {
      what: 'a bundle of two branches and no HEAD',
      make: (file) => {
        git('branch', 'other', 'main~1');
        git('bundle', 'create', '-q', file, 'other', 'main');
      },
      says: 'it does not say which branch is the cluster’s',
    },
    {
      what: 'an archive that is cut off',
      make: (file) => {
        execFileSync('tar', ['--format=ustar', '-cf', file, '-C', folder, 'backup']);
        truncateSync(file, 9000);
      },
      says: 'Unexpected EOF in archive',
    },
    {
      what: 'an archive of something else',
      make: (file) => execFileSync('tar', ['--format=ustar', '-cf', file, '-C', backup, '.git']),
      says: 'it is not a cluster folder',
    },
  ];
  for (const { what, make, says } of files) {
    it(`is refused, and nothing is left behind, of a file with ${what}`, async () => {
      const file = join(folder, 'file:1');
      make(file);
      expect(await refusal(restoreCluster(file, target)))
        .to.include(`${target} is not restored: ${file} is no whole backup: `)
        .and.to.include(says);
      expect(readdirSync(join(folder, 'clusters'))).to.deep.equal([]);
    });
  }

  it('writes nothing elsewhere, whatever an archive names', async () => {
    const file = join(folder, 'a.tar');
    execFileSync('tar', [
      '-P',
      '--format=ustar',
      '-cf',
      file,
      '-C',
      folder,
      '--transform',
      's,backup/.git/HEAD,backup/../../evil,',
      'backup',
    ]);
    expect(await refusal(restoreCluster(file, target))).to.include('is no whole backup');
    expect(readdirSync(folder).sort()).to.deep.equal(['a.tar', 'backup', 'clusters']);
  });

  it('is not begun without the git command', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = '/nonexistent';
    try {
      expect(await refusal(restoreCluster(backup, target))).to.equal(
        `${target} is not restored: git bundle failed: there is no git command: install git`,
      );
    } finally {
      process.env['PATH'] = path;
    }
  });

  describe('is refused, and nothing is left behind, where the backup has damage in', () => {
    for (const { name, file, damage, want } of faults) {
      it(name, async () => {
        damage(pathOf(file));
        expect(await refusal(restoreCluster(backup, target)))
          .to.match(want)
          .and.to.include(`${target} is not restored: ${backup} is no whole backup: `)
          .and.to.include('take another one');
        expect(readdirSync(join(folder, 'clusters'))).to.deep.equal([]);
      });
    }
  });
});

async function refusal(restoring: Promise<string>): Promise<string> {
  return restoring.then(() => 'restored').catch((error: Error) => error.message);
}

/** Two commits, each with a pack of its own, and one file as a loose object. */
function makeRepository(directory: string) {
  const paths = repositoryPaths(directory);
  initRepository(paths);
  const first = addPack(paths.gitDirectory, 'the first', []);
  const second = addPack(paths.gitDirectory, 'the second', [first.commit]);
  mkdirSync(join(paths.gitDirectory, 'objects', noteId.slice(0, 2)));
  writeFileSync(
    join(paths.gitDirectory, 'objects', loosePath),
    deflateSync(Buffer.concat([Buffer.from(`blob ${NOTE.length}\0`), NOTE])),
  );
  writeFileSync(join(paths.gitDirectory, 'refs/heads/main'), `${second.commit}\n`);
  return { packs: { old: first.name, new: second.name }, head: second.commit };
}

function addPack(gitDirectory: string, text: string, parents: readonly string[]) {
  const builder = new PackBuilder();
  const inner = encodeTree([
    { mode: FILE_MODE, name: 'note', id: rawIdOf('blob', NOTE) },
    { mode: FILE_MODE, name: 'text', id: builder.add('blob', Buffer.from(text)) },
  ]);
  const root = encodeTree([{ mode: TREE_MODE, name: 'notes', id: builder.add('tree', inner) }]);
  const tree = builder.add('tree', root).toString('hex');
  const commit = encodeCommit({ tree, parents, author: anna, committer: anna, message: 'a change' });
  const id = builder.add('commit', commit).toString('hex');
  const { pack, index, name } = builder.finish();
  writeFileSync(join(gitDirectory, 'objects/pack', `${name}.pack`), pack);
  writeFileSync(join(gitDirectory, 'objects/pack', `${name}.idx`), index);
  return { commit: id, name };
}
