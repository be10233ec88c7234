import { expect } from 'chai';
import { plainList } from '../../../src/cli/quick-lane.js';
import { apiHost, FakeImago } from '../api/fake-imago.js';
import { imagoctl } from '../../support/run-imagoctl.js';

describe('cli/plain-list', () => {
  for (const line of [
    'list --watch',
    'list --json',
    'list -o name',
    'list --help',
    'list -h',
    'list x',
    'list --state asleep',
    'list --fields',
    'list --tls --no-tls',
    'status a',
    '',
  ]) {
    it(`leaves '${line}' to the commands`, () => {
      expect(plainList(line.split(' '))).to.equal(undefined);
    });
  }

  for (const { line, want } of [
    { line: 'list', want: {} },
    { line: 'list --host=b --no-tls', want: { host: 'b', tls: false } },
    { line: 'list --port 2 --tls', want: { port: '2', tls: true } },
  ]) {
    it(`${line} says of the daemon ${JSON.stringify(want)}`, () => {
      const said = plainList(line.split(' '))?.words;
      expect(said).to.deep.equal({ host: undefined, port: undefined, tls: undefined, ...want });
    });
  }
});

/** IMAGOCTL_CONTENT_TYPE closes the quick lane: oclif reads it. */
describe('the quick lane of imagoctl', () => {
  let imago: FakeImago;
  const environment = () => ({ IMAGO_HOST: '127.0.0.1', IMAGO_PORT: `${imago.port}` });

  beforeEach(async () => {
    imago = await FakeImago.start([
      apiHost({ serial: 'b', address: '10.75.0.9', profile: 'core', metadata: ['x=1', 'y=2'] }),
      apiHost({ serial: 'a', address: '10.75.0.10', state: 'installing', metadata: ['x=1'] }),
      apiHost({ serial: 'c', providerId: '\u{1b}[2J' }),
    ]);
  });
  afterEach(() => imago.stop());

  for (const line of [
    'list',
    'list --no-legend --fields STATE,serial,providerid',
    'list --tag x=1 --tag y=2',
    'list --tag x=1 --profile core --state running',
    'list --state installing --fields=serial',
    'list --state configured',
    '--port 9 list',
    'list --fields ip,nothing',
    'list --host http://rack',
    'list --port 70000',
    'list --no-tls --no-legend',
    'list --tls',
    'list --colour',
    'list --fields',
    'list --state asleep',
    'list more',
    'complete -- st',
    'complete -- status ',
    'complete -- --port 9 status ',
    'complete -- list --st',
    'complete -- he',
  ]) {
    it(`${line}: tells what the command tells`, async () => {
      const argv = line.split(' ');
      const quick = await imagoctl(argv, environment());
      const slow = await imagoctl(argv, { ...environment(), IMAGOCTL_CONTENT_TYPE: '' });
      expect(quick).to.deep.equal(slow);
    });
  }

  it('tells the daemon who asks', async () => {
    await imagoctl(['list'], { ...environment(), IMAGO_OPERATOR: 'ada' });
    expect(imago.seen.map(({ operator }) => operator)).to.deep.equal(['ada']);
  });

  it('completes from the daemon that the line names', async () => {
    const line = ['complete', '--', '--host', '127.0.0.1', 'status', `--port=${imago.port}`, ''];
    expect((await imagoctl(line, { IMAGO_PORT: '9' })).stdout).to.equal('a\nb\nc\n');
  });
});
