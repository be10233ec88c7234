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
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { encodeCommit } from '../../../src/git/commit.js';
import { rawIdOf, sha1 } from '../../../src/git/object.js';
import { FILE_MODE, TREE_MODE, encodeTree } from '../../../src/git/tree.js';
import { PackBuilder } from '../../../src/git/pack-builder.js';
import { initRepository, repositoryPaths } from '../../../src/store/repository.js';
import { restoreCluster } from '../../../src/store/restore.js';

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

const PACK = /objects\/pack\/pack-[0-9a-f]{40}\.pack is damaged: its checksum/;
const INDEX = /objects\/pack\/pack-[0-9a-f]{40}\.idx is damaged: its checksum/;
const MISSING = /Git object [0-9a-f]{40} cannot be read: it is missing/;

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
    want: INDEX,
  },
  { name: 'the checksum of an index', file: 'pack/old.idx', damage: flip((size) => size - 1), want: INDEX },
  { name: 'a pack that is cut off', file: 'pack/old.pack', damage: cut(40), want: PACK },
  { name: 'an index that is empty', file: 'pack/old.idx', damage: cut(0), want: INDEX },
  { name: 'a pack that is gone', file: 'pack/old.pack', damage: (path) => rmSync(path), want: MISSING },
  { name: 'an index that is gone', file: 'pack/old.idx', damage: (path) => rmSync(path), want: MISSING },
  {
    name: 'a loose object',
    file: loosePath,
    damage: flip((size) => size >> 1),
    want: new RegExp(`objects/${loosePath} is damaged: it`),
  },
  {
    name: 'a loose object of other content',
    file: loosePath,
    damage: (path) => writeFileSync(path, deflateSync('blob 3\0abc')),
    want: new RegExp(`objects/${loosePath} is damaged: its content is not that of its name`),
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
    want: /\.idx is damaged: it is the index of another pack/,
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
    want: /Git object [0-9a-f]{40} cannot be read: its content does not match its id/,
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

  it('stands at the commit of the backup', () => {
    expect(restoreCluster(backup, target)).to.equal(head);
    expect(readdirSync(join(target, '.git/objects/pack'))).to.have.length(4);
    expect(readFileSync(join(target, '.git/refs/heads/main'), 'utf8')).to.equal(`${head}\n`);
  });

  it('is not begun where the disk would be left with too little', () => {
    const archive = join(folder, 'a.tar');
    execFileSync('tar', ['--format=ustar', '-cf', archive, '-C', folder, 'backup']);
    expect(() => restoreCluster(archive, target, Number.MAX_SAFE_INTEGER)).to.throw(
      'images.reserveGigabytes keeps 9007199254740991 so',
    );
    expect(readdirSync(join(folder, 'clusters'))).to.deep.equal([]);
    expect(restoreCluster(archive, target, 1)).to.equal(head);
  });

  it('goes without what git derives of the objects, where that is damaged', () => {
    mkdirSync(join(objects(), 'info'), { recursive: true });
    const graph = Buffer.from('CGPH and so on');
    writeFileSync(join(objects(), 'info/commit-graph'), Buffer.concat([graph, sha1(Buffer.from('else'))]));
    writeFileSync(pathOf('pack/old.rev'), Buffer.concat([graph, sha1(graph)]));
    expect(restoreCluster(backup, target)).to.equal(head);
    expect(existsSync(join(target, '.git/objects/info/commit-graph'))).to.equal(false);
    expect(readdirSync(join(target, '.git/objects/pack'))).to.include(`${packs.old}.rev`);
  });

  it('goes without an index whose pack a repack took away', () => {
    writeFileSync(join(objects(), 'pack/pack-gone.idx'), readFileSync(pathOf('pack/old.idx')));
    expect(restoreCluster(backup, target)).to.equal(head);
    expect(readdirSync(join(target, '.git/objects/pack'))).not.to.include('pack-gone.idx');
  });

  describe('is refused, and nothing is left behind, where the backup has damage in', () => {
    for (const { name, file, damage, want } of faults) {
      it(name, () => {
        damage(pathOf(file));
        expect(() => restoreCluster(backup, target))
          .to.throw(want)
          .with.property('message')
          .that.includes(`${target} is not restored: ${backup} is no whole backup: `)
          .and.includes('take another one');
        expect(readdirSync(join(folder, 'clusters'))).to.deep.equal([]);
      });
    }
  });
});

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
