import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LiveFolder } from '../../../../../src/dialects/matchbox/folder/live-folder.js';

const LONG_AGO = 10_001;
/** More than are looked at at once. */
const MANY = 400;
const FEW = 20;

describe('a folder of files that is asked while all of them are looked at', () => {
  let folder: string;
  let now: number;
  let tell: (name: string | undefined) => void;
  let parsed: (text: string) => void;
  let live: LiveFolder<string>;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'imago-live-'));
    now = 0;
    parsed = () => undefined;
    live = new LiveFolder({
      folder,
      shown: 'groups',
      parse: (text) => {
        parsed(text);
        return text;
      },
      found: () => undefined,
      clock: () => now,
      watchFolder: (_, hear) => {
        tell = hear;
        return { close: () => undefined } as FSWatcher;
      },
    });
  });
  afterEach(() => {
    live.close();
    rmSync(folder, { recursive: true });
  });

  const write = (name: string, text: string) => writeFileSync(join(folder, `${name}.json`), text);
  const edit = (name: string, text: string) => {
    write(name, text);
    tell(`${name}.json`);
  };
  const asked = async (name: string) => {
    await live.fresh();
    return live.get(name);
  };

  it('an edit after a long rest holds at once: a new file, a changed one, one that goes', async () => {
    write('a', 'first');
    expect(await asked('a')).to.equal('first');
    for (let round = 0; round < 50; round += 1) {
      now += LONG_AGO;
      edit('a', `edit ${round}`);
      edit(`new-${round}`, 'new');
      expect(await asked('a')).to.equal(`edit ${round}`);
      expect(live.get(`new-${round}`)).to.equal('new');
      now += LONG_AGO;
      rmSync(join(folder, `new-${round}.json`));
      tell(`new-${round}.json`);
      expect(await asked(`new-${round}`)).to.equal(undefined);
    }
  });

  it('a new file is there, and stays, while all of them are looked at again and again', async () => {
    for (let index = 0; index < FEW; index += 1) write(`few-${index}`, 'x');
    await live.fresh();
    for (let round = 0; round < 50; round += 1) {
      now += LONG_AGO;
      await live.fresh();
      edit(`new-${round}`, 'new');
      for (let ask = 0; ask < 3; ask += 1) expect(await asked(`new-${round}`), `${round}`).to.equal('new');
    }
  });

  it('files that change all at once are looked at anew, though a look at all is under way', async () => {
    for (let index = 0; index < MANY; index += 1) write(`many-${index}`, 'x');
    write('a', 'first');
    expect(await asked('a')).to.equal('first');
    const inBetween = new Promise<void>((resolve) => {
      parsed = (text) => {
        if (text !== 'second') return;
        // `a` has been looked at before, and many are not looked at yet.
        write('a', 'third');
        tell('..data');
        resolve();
      };
    });
    write('many-30', 'second');
    now += LONG_AGO;
    await live.fresh();
    await inBetween;
    expect(await asked('a')).to.equal('third');
  });

  it('an edit that leaves time and length of a file as they were holds as well', async () => {
    write('a', 'one');
    expect(await asked('a')).to.equal('one');
    const { atime, mtime } = statSync(join(folder, 'a.json'));
    now += LONG_AGO;
    write('a', 'two');
    utimesSync(join(folder, 'a.json'), atime, mtime);
    tell('a.json');
    expect(await asked('a')).to.equal('two');
  });

  it('a fault that nobody foresaw is told to who asked, and the next one asks anew', async () => {
    write('a', 'x');
    parsed = () => {
      throw new RangeError('unforeseen');
    };
    const failed = live.fresh().then(
      () => 'nothing',
      (error: unknown) => String(error),
    );
    expect(await failed).to.equal('RangeError: unforeseen');
    parsed = () => undefined;
    edit('a', 'y');
    expect(await asked('a')).to.equal('y');
  });
});
