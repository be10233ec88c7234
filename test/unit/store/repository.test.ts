import { expect } from 'chai';
import { linkSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearLeftovers, initRepository, repositoryPaths } from '../../../src/store/repository.js';

const MINUTE = 60_000;

describe('what a daemon that was killed left among the packs', () => {
  const paths = repositoryPaths(mkdtempSync(join(tmpdir(), 'imago-leftovers-')));
  const packs = join(paths.gitDirectory, 'objects/pack');
  after(() => rmSync(paths.directory, { recursive: true }));

  const cases: readonly {
    what: string;
    files: readonly string[];
    keepOf?: string;
    after: number;
    left: number;
  }[] = [
    { what: 'a file that imago was writing', files: ['tmp_imago_7.pack'], after: 0, left: 0 },
    {
      what: 'a pack of imago’s without an index',
      files: ['pack-a.pack'],
      keepOf: 'pack-a',
      after: 0,
      left: 0,
    },
    { what: 'a pack that a repack puts in place', files: ['pack-a.pack'], after: 0, left: 1 },
    { what: 'a pack that a repack left without an index', files: ['pack-a.pack'], after: MINUTE, left: 0 },
    {
      what: 'a pack that a repack writes',
      files: ['tmp_pack_x', '.tmp-7-pack-a.pack'],
      after: MINUTE,
      left: 2,
    },
    {
      what: 'a pack that a repack was writing when it was killed',
      files: ['tmp_pack_x', '.tmp-7-pack-a.pack'],
      after: 11 * MINUTE,
      left: 0,
    },
  ];
  for (const { what, files, keepOf, after: later, left } of cases) {
    it(`${left === 0 ? 'goes' : 'stays'}: ${what}`, () => {
      rmSync(paths.gitDirectory, { recursive: true, force: true });
      initRepository(paths);
      for (const name of files) writeFileSync(join(packs, name), 'PACK and so on');
      if (keepOf !== undefined) linkSync(join(packs, `${keepOf}.pack`), join(packs, `${keepOf}.keep`));
      clearLeftovers(paths, 'refs/heads/main', undefined, Date.now() + later);
      expect(readdirSync(packs)).to.have.length(left);
    });
  }
});
