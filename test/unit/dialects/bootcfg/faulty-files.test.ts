import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import sinon from 'sinon';
import { checkDataFolder } from '../../../../src/dialects/bootcfg/folder/check-data-folder.js';
import { FaultyFiles, MOST_ALARMS } from '../../../../src/dialects/bootcfg/folder/faulty-files.js';
import { InvalidRecord } from '../../../../src/host/record-kind.js';
import { dataFolder, type DataFolder } from '../../../support/data-folder.js';

describe('faulty files of a bootcfg', () => {
  let data: DataFolder;
  let time = 0;
  const lines: string[] = [];

  beforeEach(async () => {
    time = 0;
    lines.length = 0;
    data = await dataFolder({
      'boot/default': { kernel: 'k' },
      'boot/uuid/.gitkeep': '',
      'boot/uuid/notes/readme': 'is below a folder',
      'cloud/default': 'anything',
    });
  });
  afterEach(() => data.close());

  const watch = () =>
    new FaultyFiles({
      root: data.root,
      log: { warn: (_, message) => void lines.push(message) },
      clock: () => new Date((time += 1000)),
    });

  it('are none in a sound folder', async () => {
    const faulty = watch();
    await faulty.look();
    expect(faulty.alarms()).to.deep.equal([]);
    expect(await checkDataFolder(data.root)).to.deep.equal([]);
  });

  for (const { path, content, want } of [
    { path: 'boot/uuid/a', content: '{\n"kernel":\n', want: /^boot\/uuid\/a:2: '"kernel":' is no JSON: / },
    {
      path: 'boot/uuid/a',
      content: '{"initrd": []}',
      want: /^boot\/uuid\/a:1: kernel: is not there: write its URL$/,
    },
    {
      path: 'boot/default',
      content: '{"kernel":"k",\n"cmdline": {"a": true}}',
      want: /^boot\/default:2: cmdline.a: 'true' is no text: put it in quotes$/,
    },
    {
      path: 'boot/default',
      content: '{"kernel":"k",\n\n"cmdline": {"a\\nb": "c"}}',
      want: /^boot\/default:3: cmdline: .* holds a line break or another control character/,
    },
    {
      path: 'boot/default',
      content: '{"kernel":"k",\n"initrd": ["a", "b\\rc"]}',
      want: /^boot\/default:2: initrd: .* holds a line break or another control character/,
    },
    {
      path: 'boot/mac/52-54-00-00-00-01',
      content: { kernel: 'k' },
      want: /^boot\/mac\/52-54-00-00-00-01:1: .*52:54:00:00:00:01$/,
    },
    { path: 'cloud/mac/52:54:00:00:00:0A', content: '#!', want: /^cloud\/mac\/52:54:00:00:00:0A:1: / },
  ]) {
    it(`are told by file and line: ${path} ${JSON.stringify(content)}`, async () => {
      await data.write(path, content);
      const faulty = watch();
      await faulty.look();
      const alarms = faulty.alarms();
      expect(alarms.map(({ code }) => code)).to.deep.equal(['BOOTCFG_FILE']);
      expect(alarms[0]?.message).to.match(want);
      const faults = await checkDataFolder(data.root);
      expect(faults).to.deep.equal([{ path: ['bootcfg', 'data'], message: alarms[0]?.message }]);
    });
  }

  it('are told once in the log, and hold until they are put right', async () => {
    await data.write('boot/uuid/a', 'no');
    const faulty = watch();
    await faulty.look();
    const first = faulty.alarms();
    await faulty.look();
    expect(faulty.alarms(), 'since when stays').to.deep.equal(first);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/^bootcfg: boot\/uuid\/a:1: 'no' is no JSON: /);
    await data.write('boot/uuid/a', { kernel: 'k' });
    await faulty.look();
    expect(faulty.alarms()).to.deep.equal([]);
    await data.write('boot/uuid/a', 'no');
    await faulty.look();
    await data.remove('boot/uuid/a');
    await faulty.look();
    expect(faulty.alarms()).to.deep.equal([]);
  });

  it('are looked at again where only a request met the fault', async () => {
    const faulty = watch();
    await faulty.look();
    faulty.saw('boot/default', new InvalidRecord('', 'boot/default', 'cannot be read: EIO'));
    expect(faulty.alarms()).to.have.length(1);
    await faulty.look();
    expect(faulty.alarms()).to.deep.equal([]);
  });

  it('are told once in a while, however often they come and go', async () => {
    const faulty = watch();
    for (let count = 0; count < 5; count += 1) {
      faulty.saw('boot/default', new InvalidRecord('', 'x', 'cannot be'));
      faulty.saw('boot/default', undefined);
    }
    expect(lines).to.have.length(1);
    time += 10_000;
    faulty.saw('boot/default', new InvalidRecord('', 'x', 'cannot be'));
    expect(lines).to.have.length(2);
  });

  it('are all named up to a number', async () => {
    for (let count = 0; count < MOST_ALARMS; count += 1) await data.write(`boot/uuid/${count}`, 'no');
    const faults = await checkDataFolder(data.root);
    expect(faults).to.have.length(MOST_ALARMS);
    expect(faults.at(-1)?.message).to.match(/^boot\/uuid\/99:1: /);
  });

  describe('are looked for again and again', () => {
    let clock: sinon.SinonFakeTimers;
    beforeEach(
      () => (clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })),
    );
    afterEach(() => clock.restore());

    it('after ten seconds, until it is closed', async () => {
      const faulty = watch();
      await faulty.start();
      clock.tick(9_999);
      expect(clock.countTimers()).to.equal(1);
      clock.tick(1);
      expect(clock.countTimers(), 'it looks').to.equal(0);
      await faulty.look();
      await nextTurn();
      expect(clock.countTimers(), 'and rests again').to.equal(1);
      clock.tick(10_000);
      await faulty.close();
      await nextTurn();
      expect(clock.countTimers(), 'the look that was on its way begins no other').to.equal(0);
    });

    it('by nobody once it is closed', async () => {
      const faulty = watch();
      await faulty.start();
      await faulty.close();
      expect(clock.countTimers()).to.equal(0);
    });

    it('after twenty times as long as a look took', async () => {
      await data.write('boot/uuid/a', 'no');
      const faulty = new FaultyFiles({
        root: data.root,
        log: { warn: () => clock.tick(1000) },
        clock: () => new Date(0),
      });
      await faulty.start();
      clock.tick(19_999);
      expect(clock.countTimers()).to.equal(1);
      clock.tick(1);
      expect(clock.countTimers()).to.equal(0);
      await faulty.close();
    });
  });

  it('are counted beyond a number', async () => {
    for (let count = 0; count < MOST_ALARMS + 5; count += 1) await data.write(`boot/uuid/${count}`, 'no');
    const faulty = watch();
    await faulty.look();
    expect(faulty.alarms()).to.have.length(MOST_ALARMS + 1);
    expect(faulty.alarms().at(-1)?.message).to.match(/^5 more files of /);
    const faults = await checkDataFolder(data.root);
    expect(faults.at(-1)?.message).to.equal('and 5 more files are at fault');
  });

  it('are told also where the folder is gone, until it is back', async () => {
    const faulty = watch();
    await data.remove('.');
    await faulty.start();
    await faulty.close();
    expect(faulty.alarms()[0]?.message).to.equal(
      `bootcfg.data: '${data.root}' is no folder any more: put it back`,
    );
    await data.write('boot/default', { kernel: 'k' });
    const again = watch();
    await again.look();
    expect(again.alarms()).to.deep.equal([]);
  });
});
