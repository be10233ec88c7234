import { expect } from 'chai';
import { Checkout } from '../../../../src/store/worktree/checkout.js';
import { asUnflushed } from '../../../../src/git/index-file.js';
import { repositoryPaths } from '../../../../src/store/repository.js';
import { scanHosts } from '../../../../src/store/worktree/work-tree.js';
import { CheckoutFolder, commitId } from '../../../support/checkout-folder.js';

const hosts = Array.from({ length: 10 }, (_, index) => `ser${index}`);
/** Each file, and the folder that has its name. */
const TO_FLUSH = 2 * hosts.length;

describe('the mark of the work tree', () => {
  let folder: CheckoutFolder;
  beforeEach(() => {
    folder = new CheckoutFolder();
    folder.commit(1, ...hosts);
    folder.checkout.catchUp();
  });
  afterEach(() => folder.remove());

  const flush = (slices: number, files: number): boolean =>
    Array.from({ length: slices }, () => folder.checkout.flushSlice(files)).at(-1) ?? false;

  for (const files of [1, 2, 7]) {
    const slices = Math.ceil(TO_FLUSH / files);
    it(`stands at no commit until all files of it are flushed, ${slices} slices of ${files}`, () => {
      expect(flush(slices - 1, files)).to.equal(false);
      expect(folder.mark).to.equal(undefined);
      expect(folder.checkout.isFlushing).to.equal(true);
      expect(flush(1, files)).to.equal(true);
      expect(folder.mark).to.equal(1);
      expect(folder.checkout.isFlushing).to.equal(false);
    });
  }

  it('names the commit that the flushing began with, whatever came meanwhile', () => {
    flush(3, 2);
    folder.commit(2, 'ser0', 'ser9');
    flush(3, 2);
    folder.checkout.catchUp();
    folder.commit(3, 'ser5');
    flush(4, 2);
    expect(folder.mark).to.equal(1);
    expect(hosts.map((host) => folder.writtenBy(host))).to.deep.equal([2, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
  });

  it('then names the last one, once what was written meanwhile is flushed too', () => {
    flush(3, 2);
    folder.commit(2, 'ser0', 'ser9');
    folder.checkout.catchUp();
    flush(7, 2);
    expect(folder.mark).to.equal(1);
    expect(flush(1, 2), 'ser0, its folder, ser9, its folder').to.equal(false);
    expect(folder.mark).to.equal(1);
    expect(flush(1, 2)).to.equal(true);
    expect(folder.mark).to.equal(2);
  });

  it('moves on with commits that change no file', () => {
    flush(1, TO_FLUSH);
    folder.commit(2);
    expect(folder.checkout.isSettled).to.equal(false);
    expect(flush(1, 1)).to.equal(true);
    expect(folder.mark).to.equal(2);
  });

  it('is where it should be once the index is written as well', () => {
    flush(1, TO_FLUSH);
    expect(folder.checkout.isSettled).to.equal(false);
    folder.checkout.writeIndex();
    expect(folder.checkout.isSettled).to.equal(true);
  });

  it('moves on after a start only once what was found, and perhaps in memory only, is flushed', () => {
    flush(1, TO_FLUSH);
    const { directory, gitDirectory, scratchFolder } = repositoryPaths(folder.directory);
    const found = [...scanHosts(directory).values()].flatMap((shard) => [...shard.values()]);
    const entries = found.map(({ indexEntry }, index) => (index < 4 ? asUnflushed(indexEntry) : indexEntry));
    const started = new Checkout(directory, gitDirectory, scratchFolder, new Map());
    started.adopt(Buffer.concat(entries), commitId(2), false);
    for (let slice = 1; slice < 8; slice += 1)
      expect(started.flushSlice(1), `${slice} of 4 files and 4 folders`).to.equal(false);
    expect(folder.mark).to.equal(1);
    expect(started.flushSlice(1)).to.equal(true);
    expect(folder.mark).to.equal(2);
    started.writeIndex();
    started.lookForEdits();
    expect(started.takeEdits()).to.deep.equal([]);
  });

  it('is not held up by a file that is gone when its turn comes', () => {
    folder.checkout.follow(undefined, [{ path: 'hosts/none' }]);
    folder.checkout.catchUp();
    expect(flush(1, TO_FLUSH)).to.equal(true);
    expect(folder.mark).to.equal(1);
  });
});
