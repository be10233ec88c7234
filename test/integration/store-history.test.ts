import { expect } from 'chai';
import { appendFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { diffHosts, rolledBack } from '../../src/host/host-diff.js';
import type { Serial } from '../../src/host/serial.js';
import type { LoggedChange } from '../../src/host/host-archive.js';
import { timelineOf } from '../../src/host/timeline.js';
import { ClusterFolder } from '../support/cluster-folder.js';

const ser1 = 'ser1' as Serial;

describe('the history in a cluster folder', function () {
  this.timeout(20_000);
  let folder: ClusterFolder;

  beforeEach(async () => {
    folder = new ClusterFolder();
    await folder.open();
    for (const [minute, what, state] of [
      [0, 'host created', 'unknown'],
      [1, 'updated host profile and metadata', 'configured'],
      [2, 'updated host state to installing', 'installing'],
      [7, 'updated state to installed', 'installed'],
      [9, 'updated state to running', 'running'],
    ] as const) {
      folder.now = new Date(Date.UTC(2026, 10, 21, 10, minute));
      await folder.put('ser1', what, { state, connectedNic: `eth${minute}` });
      await folder.put('ser10', what, { state });
    }
  });

  afterEach(async () => {
    await folder.remove();
  });

  const whats = async () => (await folder.store.history(ser1)).map(({ what }) => what);
  const expected = [
    'updated state to running',
    'updated state to installed',
    'updated host state to installing',
    'updated host profile and metadata',
    'host created',
  ];

  it('is that of git, newest first', async () => {
    const history = await folder.store.history(ser1);
    expect(history.map(({ commit, what }) => `${commit} ser1: ${what}`)).to.deep.equal(
      folder.git('log', '--format=%H %s', '--', 'hosts/*/ser1/*').trim().split('\n'),
    );
    expect(history[0]).to.deep.include({
      author: 'ser1',
      state: 'running',
      time: new Date('2026-11-21T10:09:00Z'),
    });
  });

  it('is the same after a restart', async () => {
    await folder.open();
    expect(await whats()).to.deep.equal(expected);
  });

  const losses: { name: string; lose: (log: string) => void }[] = [
    { name: 'is gone', lose: rmSync },
    { name: 'lacks its last lines', lose: (log) => truncateSync(log, statSync(log).size - 150) },
    { name: 'ends in zeros', lose: (log) => appendFileSync(log, Buffer.alloc(500)) },
    { name: 'ends in the middle of a line', lose: (log) => truncateSync(log, statSync(log).size - 20) },
    {
      name: 'is of another repository',
      lose: (log) => appendFileSync(log, `${'0'.repeat(40)}\t1\trunning\tser1\tx\ty\n`),
    },
  ];
  for (const { name, lose } of losses) {
    it(`is the same when its cache ${name}: it is made again from the commits`, async () => {
      await folder.close();
      lose(join(folder.directory, '.git/imago/log'));
      await folder.open();
      expect(await whats()).to.deep.equal(expected);
      await folder.put('ser1', 'one more');
      expect((await whats())[0]).to.equal('one more');
    });
  }

  const filters = [
    { name: 'a machine', filter: { serial: ser1 }, want: 5 },
    { name: 'an author', filter: { author: 'ser10' }, want: 5 },
    { name: 'a state', filter: { state: 'installing' as const }, want: 2 },
    { name: 'a time', filter: { since: new Date('2026-11-21T10:07:00Z') }, want: 4 },
    {
      name: 'a span',
      filter: { since: new Date('2026-11-21T10:01:00Z'), until: new Date('2026-11-21T10:02:00Z') },
      want: 4,
    },
    { name: 'a machine and a state', filter: { serial: ser1, state: 'running' as const }, want: 1 },
    { name: 'a number', filter: { limit: 3 }, want: 3 },
  ];
  for (const { name, filter, want } of filters) {
    it(`can be asked for ${name}`, async () => {
      expect(await folder.store.log(filter)).to.have.length(want);
    });
  }

  const changesAfter = async (revision: string, most = 100) => {
    const pages = await folder.store.changesAfter(revision, most);
    if (!pages) return undefined;
    const changes: LoggedChange[] = [];
    for await (const page of pages) changes.push(...page);
    return changes;
  };

  it('goes on, for a watcher that comes back, right after what it has seen, also over a restart', async () => {
    const [, second, third] = [...(await folder.store.log({}))].reverse();
    await folder.open();
    const rest = await changesAfter(second!.revision);
    expect(rest?.[0]).to.deep.equal(third);
    expect(rest).to.have.length(8);
    expect(await changesAfter('0'.repeat(40))).to.equal(undefined);
    const last = rest!.at(-1)!.revision;
    expect(await changesAfter(last)).to.deep.equal([]);
    expect(await changesAfter(second!.revision, 8)).to.have.length(8);
    const refused = await changesAfter(second!.revision, 7).catch((error: Error) => error);
    expect(refused).to.have.property('code', 'CHANGES_TOO_OLD');
    const all: string[] = [];
    for await (const page of folder.store.newestChanges()) all.push(...page.map(({ revision }) => revision));
    expect(all[0]).to.equal(last);
    expect(all).to.have.length(10);
  });

  it('tells the newest so many of a machine', async () => {
    const all = await folder.store.history(ser1);
    expect(await folder.store.history(ser1, 2)).to.deep.equal(all.slice(0, 2));
  });

  it('tells how long a machine stayed in each state', async () => {
    const stays = timelineOf(await folder.store.history(ser1), new Date('2026-11-21T11:00:00Z'));
    expect(stays.map(({ state, seconds }) => [state, seconds])).to.deep.equal([
      ['unknown', 60],
      ['configured', 60],
      ['installing', 300],
      ['installed', 120],
      ['running', 3060],
    ]);
  });

  it('shows what differs from an earlier revision, and goes back to its settings', async () => {
    const installing = (await folder.store.history(ser1))[2]!;
    const { revision, host } = await folder.store.hostAt(ser1, installing.revision.slice(0, 8));
    expect(revision).to.equal(installing.revision);
    expect(diffHosts(host, folder.host('ser1'))).to.deep.equal([
      { field: 'ConnectedNIC', before: 'eth2', after: 'eth9' },
      { field: 'State', before: 'installing', after: 'running' },
    ]);
    await folder.store.change({ name: 'anna', kind: 'operator' }, (fleet) => [
      { host: rolledBack(fleet.host(ser1)!, host!), what: 'rolled back' },
    ]);
    expect(folder.host('ser1')).to.include({ connectedNic: 'eth2', state: 'running' });
  });

  it('is made again where imago up to 0.1 did not write which commits are shared', async () => {
    await folder.close();
    for (const serial of ['ser1', 'ser10']) folder.edit(serial, '"running"', '"configured"');
    folder.git('commit', '-q', '-am', 'both by hand');
    await folder.open();
    const before = await folder.store.log({});
    const commit = folder.git('rev-parse', 'HEAD').trim();
    expect(before.slice(0, 2).map(({ revision }) => revision)).to.have.members([
      `${commit}.ser1`,
      `${commit}.ser10`,
    ]);
    await folder.close();
    const log = join(folder.directory, '.git/imago/log');
    writeFileSync(log, readFileSync(log, 'utf8').replace(/^([0-9a-f]{40})\.\S+/gm, '$1'));
    await folder.open();
    expect(await folder.store.log({})).to.deep.equal(before);
  });

  it('has no revision of another machine', async () => {
    const other = (await folder.store.history('ser10' as Serial))[0]!;
    const outcome = await folder.store.hostAt(ser1, other.revision).catch((error: Error) => error);
    expect(outcome).to.have.property('code', 'UNKNOWN_REVISION');
  });

  it('of a clock that jumps by years has the order in which things happened', async () => {
    for (const [year, what] of [
      [2199, 'far ahead'],
      [1969, 'before the first second'],
      [2026, 'back again'],
    ] as const) {
      folder.now = new Date(Date.UTC(year, 0, 1));
      await folder.put('ser1', what);
    }
    expect((await whats()).slice(0, 3)).to.deep.equal(['back again', 'before the first second', 'far ahead']);
    await folder.open();
    expect((await whats()).slice(0, 3)).to.deep.equal(['back again', 'before the first second', 'far ahead']);
    expect(
      timelineOf(await folder.store.history(ser1), folder.now).every(({ seconds }) => seconds >= 0),
    ).to.equal(true);
    await folder.close();
    expect(folder.git('fsck', '--full', '--strict')).to.equal('');
  });
});
