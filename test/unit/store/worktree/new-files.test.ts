import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { NewFiles } from '../../../../src/store/worktree/new-files.js';

describe('new files in the folders of kinds', () => {
  let directory: string;
  let files: NewFiles;
  let known: Set<string>;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'imago-new-files-'));
    files = new NewFiles(
      directory,
      new Map([
        ['groups', {}],
        ['generic', { isRaw: true }],
      ] as const),
    );
    known = new Set();
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const write = (path: string, text = 'x') => {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  /** @param later milliseconds after what was written last. */
  const find = (later = 2500) =>
    files.find((path) => known.has(path), Date.now() + later).map(({ path }) => path);

  it('are none where there are no folders', () => {
    expect(find()).to.deep.equal([]);
  });

  it('are those that are named as records, in their place or not, and not known', () => {
    for (const path of ['groups/a.json', 'groups/00/b.json', 'groups/00/known.json', 'generic/c.tmpl'])
      write(path);
    for (const path of [
      'groups/README',
      'groups/.x.json.swp',
      'groups/team/d.json',
      'generic/e~',
      'docs/f.json',
    ])
      write(path);
    symlinkSync('/etc/passwd', join(directory, 'groups/link.json'));
    known.add('groups/00/known.json');
    expect(find()).to.have.members([
      'groups/link.json',
      'groups/a.json',
      'groups/00/b.json',
      'generic/c.tmpl',
    ]);
  });

  it('are left alone until nobody has touched them for two seconds, whatever times they were given', () => {
    write('groups/a.json');
    utimesSync(join(directory, 'groups/a.json'), new Date(0), new Date(0));
    expect(find(0)).to.deep.equal([]);
    expect(find(1000)).to.deep.equal([]);
    expect(find(2500)).to.deep.equal(['groups/a.json']);
  });

  it('are found again until they are known, and each new version by another name', () => {
    write('groups/a.json');
    const version = () => files.find(() => false, Date.now() + 2500)[0]?.version;
    const first = version();
    expect(version()).to.equal(first);
    utimesSync(join(directory, 'groups/a.json'), new Date(0), new Date(5));
    expect(version()).to.be.a('string').and.not.equal(first);
    known.add('groups/a.json');
    expect(find()).to.deep.equal([]);
  });

  it('are found in a folder where all was known before, and in one that is new', () => {
    write('groups/00/a.json');
    known.add('groups/00/a.json');
    expect(find()).to.deep.equal([]);
    expect(find()).to.deep.equal([]);
    write('groups/00/b.json');
    write('groups/01/c.json');
    expect(find()).to.have.members(['groups/00/b.json', 'groups/01/c.json']);
  });

  it('are not looked for in a folder where nothing came or went', () => {
    write('groups/00/a.json');
    known.add('groups/00/a.json');
    find();
    const asked: string[] = [];
    files.find((path) => asked.push(path) > 0, Date.now() + 5000);
    expect(asked).to.deep.equal([]);
  });
});
