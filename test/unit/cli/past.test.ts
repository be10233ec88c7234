import { expect } from 'chai';
import { formatDuration, pointInTime } from '../../../src/cli/times.js';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { openHouse, type House } from '../../support/http-house.js';
import { imagoctl, words } from '../../support/run-imagoctl.js';

const a1 = parseSerial('a1');
const commit = (number: number) => number.toString(16).padStart(40, '0');

describe('imagoctl on the past', () => {
  let house: House;
  let store: InMemoryHostStore;
  const run = (...argv: string[]) =>
    imagoctl(argv, {
      IMAGO_HOST: '127.0.0.1',
      IMAGO_PORT: new URL(house.url).port,
      IMAGO_OPERATOR: 'ada',
    });

  beforeEach(async () => {
    store = new InMemoryHostStore();
    house = await openHouse({ store, now: () => new Date('2026-01-01T01:00:01Z') });
    const host = newHost(a1, {
      state: 'configured',
      profile: 'default',
      internalAddress: parseIpv4('10.75.0.20'),
    });
    const steps = [
      { author: 'a1', host, what: 'host created' },
      {
        author: 'a1',
        host: { ...host, state: 'installing' as const },
        what: 'updated host state to installing',
      },
      {
        author: 'ada',
        host: { ...host, state: 'installing' as const, cabinet: 9 },
        what: 'updated host cabinet',
      },
    ];
    for (const { author, ...change } of steps)
      await store.change({ name: author, kind: 'operator' }, () => [change]);
  });
  afterEach(() => house.close());

  it('log lists the fleet’s changes', async () => {
    const { stdout } = await run('log', '--author', 'ada');
    expect(words(stdout)).to.deep.equal([
      ['TIME', 'COMMIT', 'SERIAL', 'AUTHOR', 'STATE', 'CHANGE'],
      ['2026-01-01T00:00:02Z', '0000000000', 'a1', 'ada', 'installing', 'updated', 'host', 'cabinet'],
    ]);
    const since = await run('log', '--since', '2026-01-01T00:00:01Z', '--state', 'installing', '--json');
    expect(JSON.parse(since.stdout)).to.have.length(2);
    expect((await run('log', '--limit', '1', '--no-legend')).stdout.trim().split('\n')).to.have.length(1);
    expect(await run('log', '--author', 'nobody')).to.deep.include({
      stdout: '',
      stderr: 'imagoctl: no change is as asked for: see imagoctl help log\n',
      code: 0,
    });
    expect((await run('log', '--limit', '0')).stderr).to.match(/; see imagoctl help log\n$/);
    expect(await run('log', '--since', 'soon')).to.deep.include({ code: 2, stdout: '' });
  });

  it('history --timeline tells how long it was in each state', async () => {
    expect(words((await run('history', 'a1', '--timeline')).stdout)).to.deep.equal([
      ['SINCE', 'STATE', 'FOR'],
      ['2026-01-01T00:00:00Z', 'configured', '1s'],
      ['2026-01-01T00:00:01Z', 'installing', '1h00m'],
    ]);
  });

  it('diff shows fields by their names in the file, or nothing', async () => {
    expect(words((await run('diff', 'a1', commit(0))).stdout)).to.deep.equal([
      ['FIELD', 'BEFORE', 'AFTER'],
      ['State', 'configured', 'installing'],
      ['Cabinet', '-', '9'],
    ]);
    expect(await run('diff', 'a1', commit(2))).to.deep.include({
      stdout: '',
      stderr: 'imagoctl: nothing differs\n',
      code: 0,
    });
    expect((await run('diff', 'a1', 'zz')).stderr).to.include(
      "'zz' is not a commit: write four or more of its hex digits",
    );
    expect((await run('diff', 'a1', 'feed')).code).to.equal(3);
  });

  it('rollback says what it would do, does it, and says so', async () => {
    const summary = 'Cabinet: 9 → -';
    expect((await run('rollback', 'a1', commit(1), '--dry-run')).stdout).to.equal(
      `a1: would go back to 0000000000: ${summary}\n`,
    );
    expect(store.storyOf('a1')).to.have.length(3);
    expect((await run('rollback', 'a1', commit(1), '--yes')).stdout).to.equal(
      `a1: back to 0000000000: ${summary}\n`,
    );
    expect(store.recorded.at(-1)).to.include({ author: 'claimed:ada', what: 'rolled back to 0000000000' });
    expect((await run('rollback', 'a1', commit(1))).stdout).to.include('nothing to change');
  });

  for (const [seconds, text] of [
    [0, '0s'],
    [59, '59s'],
    [60, '1m00s'],
    [3599, '59m59s'],
    [7500, '2h05m'],
    [86_400, '1d00h'],
    [700_000, '8d02h'],
  ] as const) {
    it(`writes ${seconds} seconds as ${text}`, () => {
      expect(formatDuration(seconds)).to.equal(text);
    });
  }

  for (const [text, want] of [
    ['15m', '2025-12-31T23:45:00.000Z'],
    ['2d', '2025-12-30T00:00:00.000Z'],
    ['2026-11-21', '2026-11-21T00:00:00.000Z'],
    ['2026', undefined],
    ['soon', undefined],
  ] as const) {
    it(`takes ${text} for ${want ?? 'no time'}`, () => {
      const instant = pointInTime(text, Date.UTC(2026, 0, 1));
      expect(instant === undefined ? undefined : new Date(instant).toISOString()).to.equal(want);
    });
  }
});
