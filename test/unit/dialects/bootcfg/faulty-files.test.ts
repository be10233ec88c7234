import { expect } from 'chai';
import { checkDataFolder } from '../../../../src/dialects/bootcfg/folder/check-data-folder.js';
import { FaultyFiles, MOST_ALARMS } from '../../../../src/dialects/bootcfg/folder/faulty-files.js';
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
    { path: 'boot/uuid/a', content: '{\n"kernel":\n', want: /^boot\/uuid\/a:3: .* is no JSON: / },
    {
      path: 'boot/uuid/a',
      content: '{"initrd": []}',
      want: /^boot\/uuid\/a:1: kernel: nothing is not there: write its URL$/,
    },
    {
      path: 'boot/default',
      content: '{"kernel":"k",\n"cmdline": {"a": true}}',
      want: /^boot\/default:2: cmdline.a: 'true' is no text: put it in quotes$/,
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
    await data.write('boot/uuid/a', { kernel: 'k' });
    await faulty.look();
    expect(faulty.alarms()).to.deep.equal([]);
    await data.write('boot/uuid/a', 'no');
    await faulty.look();
    await data.remove('boot/uuid/a');
    await faulty.look();
    expect(faulty.alarms()).to.deep.equal([]);
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
