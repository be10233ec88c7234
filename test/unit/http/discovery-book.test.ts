import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DiscoveryBook, type Refusal } from '../../../src/http/etcd/discovery-book.js';
import { DiscoveryFiles } from '../../../src/http/etcd/discovery-files.js';
import { putMember } from '../../../src/http/etcd/discovery.js';
import { EtcdError } from '../../../src/http/etcd/etcd-error.js';

const HOUR = 3_600_000;
const join1 = (id: string) => (before: Parameters<typeof putMember>[0]) =>
  putMember(before, id, 'v'.repeat(1000), false);

describe('the clusters that imago keeps', () => {
  let folder: string;
  let now: number;
  let refusals: Refusal[];
  let dropped: number;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imago-etcd-'));
    now = Date.now();
    refusals = [];
    dropped = 0;
  });
  afterEach(() => rm(folder, { recursive: true }));

  const open = ({ known = [] as string[], clusters = 3, clustersPerClient = 3, bytes = 1e6 } = {}) =>
    new DiscoveryBook({
      store: new DiscoveryFiles(folder),
      isKnown: (token) => known.includes(token),
      defaultSize: () => 3,
      limits: () => ({ clusters, clustersPerClient, bytes, unusedMs: HOUR, idleMs: 100 * HOUR }),
      now: () => now,
      tell: {
        kept: () => undefined,
        refused: (reason) => void refusals.push(reason),
        dropped: (tokens) => void (dropped += tokens.length),
      },
    });
  const files = async () => (await readdir(folder)).sort();
  const refusalOf = async (act: Promise<unknown>): Promise<number> => {
    try {
      await act;
    } catch (error) {
      if (error instanceof EtcdError) return error.errorCode;
      throw error;
    }
    return 0;
  };

  it('are counted over a restart', async () => {
    const before = open();
    for (let made = 0; made < 3; made += 1) await before.change(await before.create('m1'), join1('a'));
    expect(await refusalOf(open().create('m1'))).to.equal(103);
    expect(refusals).to.deep.equal(['clusters']);
    expect(await files()).to.have.length(3);
  });

  it('are dropped after a restart too, with their files', async () => {
    const before = open();
    const [unused, joined, named] = [
      await before.create('m1'),
      await before.create('m1'),
      await before.create('m1'),
    ];
    await before.change(joined, join1('a'));
    now += HOUR + 60_000; // the files carry the time of this machine
    const fresh = await open({ known: [named] }).create('m1');
    expect(dropped).to.equal(1);
    expect(await files()).to.deep.equal([joined, named, fresh].map((token) => `${token}.json`).sort());
    expect(await refusalOf(open().find(unused))).to.equal(100);
  });

  it('are not dropped under the hands of one who joins at that moment', async () => {
    const book = open();
    const token = await book.create('m1');
    now += HOUR;
    const [change, made] = await Promise.allSettled([book.change(token, join1('a')), book.create('m1')]);
    expect(made.status).to.equal('fulfilled');
    const isThere = (await refusalOf(book.find(token))) === 0;
    expect(isThere, 'either joined, or told that it is gone').to.equal(change.status === 'fulfilled');
  });

  it('are of bounded size all together, those that are named apart', async () => {
    const book = open({ bytes: 3000, known: ['named'] });
    const token = await book.create('m1', 1000);
    const codes = [];
    for (const id of ['a', 'b', 'c']) codes.push(await refusalOf(book.change(token, join1(id))));
    expect(codes).to.deep.equal([0, 0, 103]);
    expect(await refusalOf(book.change('named', join1('a')))).to.equal(0);
    expect(await refusalOf(book.create('m1'))).to.equal(103);
    expect(refusals).to.deep.equal(['bytes', 'clusters']);
    expect((await book.find(token)).members).to.have.length(2);
  });

  it('A8: one client that makes ever more has its share, and loses its own oldest that nobody joined', async () => {
    const book = open({ clusters: 10, clustersPerClient: 2 });
    const [others, joined] = [await book.create('m2'), await book.create('m1')];
    await book.change(joined, join1('a'));
    now += 1;
    const old = await book.create('m1');
    now += 1;
    const fresh = await book.create('m1');
    expect(await files()).to.deep.equal([others, joined, fresh].map((token) => `${token}.json`).sort());
    expect(await refusalOf(book.find(old))).to.equal(100);

    await book.change(fresh, join1('a'));
    expect(await refusalOf(book.create('m1'))).to.equal(103);
    expect(refusals).to.deep.equal(['share']);
    expect(await refusalOf(book.create('m3'))).to.equal(0);
  });

  it('A8: many make room for another one: whoever made the most loses the oldest that nobody joined', async () => {
    const book = open({ clusters: 4, clustersPerClient: 3 });
    const [first, oldest] = [await book.create('m2'), await book.create('m1')];
    now += 1;
    const more = [await book.create('m1'), await book.create('m1')];
    const fresh = await book.create('m3');
    expect(await files()).to.deep.equal([first, ...more, fresh].map((token) => `${token}.json`).sort());
    expect(await refusalOf(book.find(oldest))).to.equal(100);
    expect(refusals).to.deep.equal([]);
  });

  it('A8: a share holds for those that ask at the same time too', async () => {
    const book = open({ clusters: 10, clustersPerClient: 2 });
    const made = await Promise.all(Array.from({ length: 20 }, () => book.create('m1')));
    expect(made).to.have.length(20);
    expect(await files()).to.have.length(2);
  });

  it('are kept when their file is damaged, and what a power cut left half is removed', async () => {
    await writeFile(join(folder, 'damaged.json'), '{');
    await writeFile(join(folder, 'half.json.new'), '{');
    await writeFile(join(folder, 'README'), 'not ours');
    await utimes(join(folder, 'damaged.json'), 1, 1);
    await open().create('m1');
    expect((await files()).slice(-2)).to.include('damaged.json');
    expect(await files())
      .to.include('README')
      .and.not.include('half.json.new');
    expect(dropped).to.equal(0);
  });

  it('take no place when they could not be written', async () => {
    const book = open({ clusters: 1 });
    await rm(folder, { recursive: true });
    await writeFile(folder, 'in the way');
    expect(
      await book.create('m1').then(
        () => 'made',
        () => 'failed',
      ),
    ).to.equal('failed');
    await rm(folder);
    expect(await book.create('m1')).to.match(/^[0-9a-f]{32}$/);
  });
});
