import { expect } from 'chai';
import { hostStates } from '../../../src/host/lifecycle.js';
import { parseDuration } from '../../../src/cli/times.js';
import { beginWaiting, describePending, hasReached, lookAgain } from '../../../src/cli/waiting.js';
import { apiHost, FakeImago } from '../api/fake-imago.js';
import { imagoctl } from '../../support/run-imagoctl.js';

const installing = apiHost({ serial: 'a', state: 'installing' });
const writing = {
  ...installing,
  progress: { phase: 'write', message: '40 %', time: '2026-11-21T02:00:00.000Z' },
};
const running = apiHost({ serial: 'a', state: 'running' });

describe('cli/waiting', () => {
  it('tells where all stand at first, then only what is new, until each is there', () => {
    const looks = [
      { found: [], news: ['a: not seen yet', 'b: not seen yet'], pending: ['a', 'b'] },
      { found: [installing], news: ['a: installing'], pending: ['a', 'b'] },
      { found: [installing], news: [], pending: ['a', 'b'] },
      { found: [writing], news: ['a: installing (write 40 %)'], pending: ['a', 'b'] },
      { found: [running], news: ['a: running'], pending: ['b'] },
      { found: [running, { ...running, serial: 'b' }], news: ['b: running'], pending: [] },
    ];
    let waiting = beginWaiting('running', ['a', 'b']);
    for (const [index, { found, news, pending }] of looks.entries()) {
      waiting = lookAgain(waiting, new Map(found.map((host) => [host.serial, host])), index === 0);
      expect({ news: waiting.news, pending: [...waiting.pending.keys()] }).to.deep.equal({ news, pending });
    }
    expect(waiting.reached.map(({ serial }) => serial)).to.deep.equal(['a', 'b']);
  });

  it('says where those stand who are not there', () => {
    const waiting = lookAgain(beginWaiting('running', ['a', 'b']), new Map([['a', writing]]), true);
    expect(describePending(waiting)).to.equal('a is installing (write 40 %), b is not seen yet');
  });

  for (const wanted of hostStates) {
    for (const now of hostStates) {
      it(`${now} ${now === wanted ? 'is' : 'is not'} ${wanted} at the first look`, () => {
        expect(hasReached(wanted, now, undefined)).to.equal(now === wanted);
      });
    }
  }

  for (const { wanted, before, now, want } of [
    { wanted: 'installed', before: 'installing', now: 'running', want: true },
    { wanted: 'installing', before: 'running', now: 'running', want: false },
    { wanted: 'installing', before: 'running', now: 'configured', want: false },
    { wanted: 'configured', before: 'running', now: 'configured', want: true },
    { wanted: 'installed', before: 'configured', now: 'installing', want: false },
  ] as const) {
    it(`${before}, then ${now}: ${wanted} was ${want ? '' : 'not '}reached`, () => {
      expect(hasReached(wanted, now, before)).to.equal(want);
    });
  }
});

describe('cli/duration', () => {
  for (const { text, want } of [
    { text: '90', want: 90 },
    { text: '90s', want: 90 },
    { text: '20m', want: 1200 },
    { text: '1h30m', want: 5400 },
  ]) {
    it(`${text} is ${want} seconds`, () => {
      expect(parseDuration(text)).to.equal(want);
    });
  }
  for (const text of ['', 'soon', '-5', '5d', '1.5h']) {
    it(`'${text}' is no time span`, () => {
      expect(() => parseDuration(text)).to.throw('is not a time span: write it as in 90s, 20m or 1h30m');
    });
  }
});

describe('imagoctl wait', () => {
  let imago: FakeImago;
  const run = (...argv: string[]) =>
    imagoctl(['wait', ...argv], { IMAGO_HOST: '127.0.0.1', IMAGO_PORT: `${imago.port}` });

  beforeEach(async () => {
    imago = await FakeImago.start([running, apiHost({ serial: 'b', profile: 'core', state: 'installing' })]);
  });
  afterEach(() => imago.stop());

  it('ends at once for a machine that is there, however its serial is written', async () => {
    expect(await run('A', '--for', 'running')).to.deep.equal({ stdout: 'A: running\n', stderr: '', code: 0 });
  });

  it('ends with 5 when the time is over, and says where the machines stand', async () => {
    expect(await run('b', 'new', '--timeout', '0')).to.deep.equal({
      stdout: 'b: installing\nnew: not seen yet\n',
      stderr:
        'imagoctl: not running within 0: b is installing, new is not seen yet; see imagoctl history b, imagoctl explain new\n',
      code: 5,
    });
  });

  it('waits for a selection, and looks at many with one call', async () => {
    expect((await run('--profile', 'core', '--for', 'installing')).stdout).to.equal('b: installing\n');
    imago.seen.length = 0;
    const many = 'cdefghijkl'.split('').map((serial) => apiHost({ serial }));
    for (const host of many) imago.hosts.set(host.serial, host);
    await run(...many.map(({ serial }) => serial));
    expect(imago.seen.map(({ path }) => path)).to.deep.equal(['/api/v1/hosts']);
  });
});
