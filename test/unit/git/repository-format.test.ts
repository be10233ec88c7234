import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireKnownFormat } from '../../../src/git/repository-format.js';

describe('the format of a repository', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'imago-format-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const known: readonly { config: string; refused?: string }[] = [
    { config: '' },
    { config: '[core]\n\trepositoryformatversion = 0\n\tbare = false\n' },
    {
      config:
        '[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tobjectFormat = sha1\n\tworktreeConfig\n',
    },
    { config: '[remote "extensions"]\n\turl = elsewhere\n' },
    { config: '; [extensions]\n# [extensions] objectFormat = sha256\n' },
    {
      config: '[core]\nrepositoryformatversion=1\n[extensions]\nobjectformat=sha256\n',
      refused: 'it has extensions.objectformat = sha256',
    },
    {
      config: '[Extensions] objectFormat = "sha256" ; so be it',
      refused: 'it has extensions.objectformat = sha256',
    },
    {
      config: '[extensions]\r\n\trefStorage = reftable\r\n',
      refused: 'it has extensions.refstorage = reftable',
    },
    { config: '[extensions]\n\tpartialClone = origin\n', refused: 'it has extensions.partialclone = origin' },
    { config: '[extensions]\n\tpreciousObjects\n', refused: 'it has extensions.preciousobjects = true' },
    { config: '[core]\n\trepositoryformatversion = 2\n', refused: 'its version is 2' },
  ];
  for (const { config, refused } of known) {
    it(`is ${refused === undefined ? 'taken' : 'refused'}: ${JSON.stringify(config)}`, () => {
      writeFileSync(join(folder, 'config'), config);
      const check = () => requireKnownFormat(folder);
      if (refused === undefined) expect(check).not.to.throw();
      else expect(check).to.throw(`${folder} is in a format that imago does not know: ${refused}. `);
    });
  }

  it('that is refused is left by the command that the error names', () => {
    const old = join(folder, 'old');
    const git = (...words: string[]) => execFileSync('git', words, { cwd: old, encoding: 'utf8' });
    mkdirSync(old);
    git('init', '-q', '-b', 'main', '--object-format=sha256');
    writeFileSync(join(old, 'file'), 'content');
    git('add', '.');
    git('-c', 'user.name=Anna', '-c', 'user.email=anna@example.org', 'commit', '-q', '-m', 'a change');
    let said = '';
    try {
      requireKnownFormat(join(old, '.git'));
    } catch (error) {
      said = error instanceof Error ? error.message : '';
    }
    const [, command = 'none'] = /by (git init .*)$/.exec(said) ?? [];
    execFileSync('sh', ['-c', command.replaceAll('NEW', join(folder, 'new'))], { stdio: 'pipe' });
    expect(() => requireKnownFormat(join(folder, 'new/.git'))).not.to.throw();
    expect(
      execFileSync('git', ['-C', join(folder, 'new'), 'log', '--format=%an %s'], { encoding: 'utf8' }),
    ).to.equal('Anna a change\n');
  });
});
