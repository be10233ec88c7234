import { expect } from 'chai';
import { apiHost, FakeImago, problem } from '../api/fake-imago.js';
import { settingOf } from '../../../src/cli/settings.js';
import { imagoctl } from '../../support/run-imagoctl.js';

describe('imagoctl set', () => {
  let imago: FakeImago;
  const run = (...argv: string[]) =>
    imagoctl(['set', ...argv], {
      IMAGO_HOST: '127.0.0.1',
      IMAGO_PORT: `${imago.port}`,
      IMAGO_OPERATOR: 'ada',
    });
  const states = () => [...imago.hosts.values()].map(({ serial, state }) => `${serial} ${state}`);

  beforeEach(async () => {
    imago = await FakeImago.start([
      apiHost({ serial: 'a', profile: 'core', metadata: ['role=core', 'zone=1'] }),
      apiHost({ serial: 'b', profile: 'core', state: 'installed', metadata: ['role=core'] }),
      apiHost({ serial: 'c', profile: 'default', state: 'installing' }),
    ]);
  });
  afterEach(() => imago.stop());

  for (const { name, argv, want } of [
    { name: 'one machine', argv: ['a', 'state', 'configured'], want: ['a'] },
    { name: 'several', argv: ['c', 'a', 'c', 'state', 'configured'], want: ['a', 'c'] },
    { name: 'a profile', argv: ['--profile', 'core', 'state', 'configured'], want: ['a', 'b'] },
    { name: 'a state', argv: ['state', 'configured', '--state', 'installing'], want: ['c'] },
    { name: 'tags', argv: ['--tag', 'role=core', '--tag', 'zone=1', 'state', 'configured'], want: ['a'] },
    {
      name: 'what fits all',
      argv: ['--profile', 'core', '--state', 'installed', 'state', 'configured'],
      want: ['b'],
    },
  ]) {
    it(`changes ${name}, in the operator’s name`, async () => {
      const { stdout, stderr, code } = await run(...argv);
      expect({ stderr, code }).to.deep.equal({ stderr: '', code: 0 });
      expect(stdout.trimEnd().split('\n').sort()).to.deep.equal(
        want.map((serial) => `${serial}: state configured`),
      );
      expect(states().filter((line) => line.endsWith('configured'))).to.deep.equal(
        want.map((serial) => `${serial} configured`),
      );
      expect(new Set(imago.seen.map(({ operator }) => operator))).to.deep.equal(new Set(['ada']));
    });
  }

  for (const { argv, want } of [
    { argv: ['b', 'state', 'installed'], want: 'b: already installed, nothing changed\n' },
    { argv: ['B', 'state', 'installed'], want: 'b: already installed, nothing changed\n' },
  ]) {
    it(`says that nothing changed by set ${argv.join(' ')}`, async () => {
      expect(await run(...argv)).to.deep.equal({ stdout: want, stderr: '', code: 0 });
    });
  }

  it('knows which values are set already', () => {
    const host = apiHost({ serial: 'a', metadata: ['x=1', 'y=2'], providerId: 'rack-7', cabinet: 3 });
    for (const { key, value, want } of [
      { key: 'providerid', value: 'rack-7', want: true },
      { key: 'providerid', value: '', want: false },
      { key: 'hostname', value: '', want: true },
      { key: 'cabinet', value: '3', want: true },
      { key: 'position', value: '0', want: true },
      { key: 'metadata', value: 'x=1,y=2', want: true },
      { key: 'metadata', value: 'y=2', want: false },
    ]) {
      expect(settingOf(key, value).isSetOf(host), `${key} ${value}`).to.equal(want);
    }
  });

  it('knows that a diskless machine loses no disk', async () => {
    imago.hosts.set('d', apiHost({ serial: 'd', diskless: true }));
    expect((await run('a', 'd', 'state', 'configured', '--dry-run')).stdout).to.equal(
      'a: would set state configured; it is running, and its disk would be wiped\nd: would set state configured\n',
    );
  });

  it('answers --json with the machines as they now are', async () => {
    const { stdout } = await run('a', 'state', 'configured', '--json');
    expect(JSON.parse(stdout)).to.deep.equal([imago.hosts.get('a')]);
    expect(imago.hosts.get('a')?.state).to.equal('configured');
  });

  it('only says with --dry-run what would be done, and what would be lost', async () => {
    const before = states();
    const { stdout, code } = await run('a', 'c', 'state', 'configured', '--dry-run');
    expect({ stdout, code }).to.deep.equal({
      stdout:
        'a: would set state configured; it is running, and its disk would be wiped\nc: would set state configured\n',
      code: 0,
    });
    expect(states()).to.deep.equal(before);
  });

  for (const { name, argv, says, code } of [
    { name: 'nobody', argv: ['state', 'configured'], says: 'no machine is named: give serials, or', code: 2 },
    { name: 'too little', argv: ['configured'], says: 'give serials, a key (', code: 2 },
    {
      name: 'serials and a selection',
      argv: ['a', 'state', 'configured', '--profile', 'core'],
      says: 'machines are both named and selected',
      code: 2,
    },
    {
      name: 'a selection that fits nobody',
      argv: ['--profile', 'core', '--state', 'unknown', 'state', 'configured'],
      says: 'no machine has profile core and state unknown: see imagoctl list',
      code: 3,
    },
    {
      name: 'an unknown key',
      argv: ['a', 'colour', 'red'],
      says: "'colour' cannot be set: choose from",
      code: 2,
    },
    {
      name: 'an unknown state',
      argv: ['a', 'state', 'fresh'],
      says: "'fresh' is not a state: choose from",
      code: 2,
    },
    { name: 'an unknown machine', argv: ['x', 'state', 'configured'], says: "there is no host 'x'", code: 3 },
    {
      name: 'a state against the life cycle',
      argv: ['a', 'state', 'running'],
      says: 'it cannot become',
      code: 1,
    },
  ]) {
    it(`refuses ${name}`, async () => {
      const before = states();
      const outcome = await run(...argv);
      expect(outcome).to.include({ stdout: '', code });
      expect(outcome.stderr)
        .to.match(/^imagoctl: [^\n]+\n$/)
        .and.to.contain(says);
      expect(states()).to.deep.equal(before);
    });
  }

  describe('when some of several are refused', () => {
    it('does the others, names who was refused, and ends with the reason they share', async () => {
      const { stdout, stderr, code } = await run('a', 'x', 'b', 'state', 'configured');
      expect({ stdout, stderr, code }).to.deep.equal({
        stdout: 'a: state configured\nb: state configured\n',
        stderr: "imagoctl: 1 of 3 were refused: x: there is no host 'x': see imagoctl list\n",
        code: 3,
      });
    });

    it('tells it in JSON', async () => {
      const { stdout, code } = await run('a', 'x', 'state', 'configured', '--json');
      const answer: unknown = JSON.parse(stdout);
      expect(code).to.equal(3);
      expect(answer).to.deep.include({
        done: [imago.hosts.get('a')],
        refused: [{ serial: 'x', code: 'UNKNOWN_HOST', message: "there is no host 'x': see imagoctl list" }],
      });
    });

    it('ends with 1 when their reasons differ', async () => {
      imago.override = (request, response) => {
        const status = request.url?.includes('/a/') ? 404 : 409;
        response.writeHead(status).end(JSON.stringify(problem(status, 'X', 'no').answer));
      };
      expect((await run('a', 'b', 'state', 'configured')).code).to.equal(1);
    });
  });
});
