import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeFolder } from '../../../src/daemon/make-folder.js';

describe('daemon/make-folder', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'imago-folder-'));
    writeFileSync(join(root, 'file'), '');
    symlinkSync('circle', join(root, 'circle'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('makes a folder with those above it, and takes one that is there', () => {
    for (const _ of [1, 2]) makeFolder(join(root, 'a/b'), 'paths.state');
    expect(existsSync(join(root, 'a/b'))).to.equal(true);
  });

  it('A10: closes it to other users, and leaves the group what it has', () => {
    const folder = join(root, 'open');
    makeFolder(folder, 'paths.state');
    chmodSync(folder, 0o2775);
    makeFolder(folder, 'paths.state');
    expect(statSync(folder).mode & 0o7777).to.equal(0o2770);
  });

  for (const { place, reason } of [
    { place: 'file', reason: 'what stands in its place, or above it, is no folder' },
    { place: 'file/rack1', reason: 'what stands in its place, or above it, is no folder' },
    { place: 'circle/rack1', reason: 'its links lead in a circle' },
  ]) {
    it(`names ${place}, why it cannot be made, and the setting`, () => {
      const folder = join(root, place);
      expect(() => makeFolder(folder, 'paths.clusters')).to.throw(
        `${folder} cannot be made: ${reason}; put that right, or correct paths.clusters`,
      );
    });
  }
});
