import { expect } from 'chai';
import { apiHost, FakeImago } from '../api/fake-imago.js';
import { imagoctl, words } from '../../support/run-imagoctl.js';

describe('imagoctl list', () => {
  let imago: FakeImago;
  const run = (...argv: string[]) =>
    imagoctl(['list', ...argv], { IMAGO_HOST: '127.0.0.1', IMAGO_PORT: `${imago.port}` });

  beforeEach(async () => {
    imago = await FakeImago.start([
      apiHost({ serial: 'new1', state: 'unknown' }),
      apiHost({ serial: 'ser0010', address: '10.75.0.110', profile: 'default', state: 'installing' }),
      apiHost({
        serial: 'ser0002',
        address: '10.75.0.20',
        profile: 'core',
        ipmiAddress: '10.76.0.2',
        providerId: 'rack-7',
        etcdClusterToken: 'f00d',
        metadata: ['role=core', 'zone=a'],
        osVersion: '3374.2.0',
        lastBoot: '2026-11-21T02:03:04.567Z',
        versions: { docker: '20.10' },
        overrides: { b: '2', a: '1' },
      }),
    ]);
  });
  afterEach(() => imago.stop());

  it('shows Mayu’s columns, aligned, by address, every cell filled', async () => {
    const { stdout, stderr, code } = await run();
    expect({ stderr, code }).to.deep.equal({ stderr: '', code: 0 });
    expect(stdout).to.equal(
      [
        'IP           SERIAL   PROFILE  IPMIADDR   PROVIDERID  ETCDTOKEN  METADATA          COREOS    STATE       LASTBOOT',
        '10.75.0.20   ser0002  core     10.76.0.2  rack-7      f00d       role=core,zone=a  3374.2.0  running     2026-11-21T02:03:04Z',
        '10.75.0.110  ser0010  default  -          -           -          -                 -         installing  never',
        '-            new1     -        -          -           -          -                 -         unknown     never',
        '',
      ].join('\n'),
    );
  });

  it('shows who locked a machine, and why, where one is locked', async () => {
    const lock = { by: 'anna', reason: 'do not touch', since: '2026-11-29T10:00:00.000Z' };
    imago.hosts.set('new1', apiHost({ serial: 'new1', state: 'unknown', lock }));
    for (const argv of [[], ['--interval', '5']]) {
      const lines = (await run(...argv)).stdout.split('\n');
      expect(lines[0]).to.match(/LASTBOOT +LOCK$/);
      expect(lines[3]).to.match(/never +anna: do not touch$/);
    }
  });

  for (const { name, argv, want } of [
    { name: 'chosen fields in any case', argv: ['--fields', 'STATE,serial'], want: ['STATE', 'SERIAL'] },
    {
      name: 'imago’s own fields',
      argv: ['--fields=docker,overrides,nic'],
      want: ['DOCKER', 'OVERRIDES', 'NIC'],
    },
    {
      name: 'no headings',
      argv: ['--no-legend', '--fields', 'docker,overrides'],
      want: ['20.10', 'a=1,b=2'],
    },
  ]) {
    it(`shows ${name}`, async () => {
      const { stdout } = await run(...argv);
      expect(words(stdout)[0]).to.deep.equal(want);
    });
  }

  for (const { argv, want } of [
    { argv: ['--profile', 'core'], want: ['ser0002'] },
    { argv: ['--state', 'installing'], want: ['ser0010'] },
    { argv: ['--tag', 'zone=a', '--profile', 'core'], want: ['ser0002'] },
    { argv: ['--tag', 'zone=b'], want: [''] },
  ]) {
    it(`shows only those of ${argv.join(' ')}`, async () => {
      const { stdout } = await run(...argv, '--fields', 'serial', '--no-legend');
      expect(stdout.trimEnd().split('\n')).to.deep.equal(want);
    });
  }

  it('takes the connection before its name too', async () => {
    const { stdout, code } = await imagoctl([
      '--host',
      '127.0.0.1',
      `--port=${imago.port}`,
      '--no-tls',
      '--json',
      'list',
    ]);
    expect({ code, hosts: (JSON.parse(stdout) as unknown[]).length }).to.deep.equal({ code: 0, hosts: 3 });
  });

  it('answers --json with the hosts as the server tells them', async () => {
    const { stdout } = await run('--json');
    expect(JSON.parse(stdout)).to.deep.equal([...imago.hosts.values()]);
  });

  for (const { name, argv, hosts, says } of [
    {
      name: 'a selection that fits none',
      argv: ['--tag', 'zone=b'],
      hosts: 3,
      says: 'no machine has tag zone=b',
    },
    { name: 'an empty fleet', argv: [], hosts: 0, says: 'no machine is known yet: it is once it has booted' },
  ]) {
    it(`takes ${name} for an answer, not for a fault, and says so beside it`, async () => {
      if (hosts === 0) imago.hosts.clear();
      const { stdout, stderr, code } = await run(...argv, '--fields', 'serial');
      expect({ stdout, code }).to.deep.equal({ stdout: 'SERIAL\n', code: 0 });
      expect(stderr)
        .to.match(/^imagoctl: [^\n]+\n$/)
        .and.to.contain(says);
      expect(await run(...argv, '--json')).to.deep.equal({ stdout: '[]\n', stderr: '', code: 0 });
    });
  }

  it('answers --json with an empty list for an empty fleet', async () => {
    imago.hosts.clear();
    expect((await run('--json')).stdout).to.equal('[]\n');
    expect(words((await run()).stdout)).to.have.length(1);
  });

  it('lets nothing that a machine says steer the terminal', async () => {
    imago.hosts.set('evil', apiHost({ serial: 'evil', providerId: '\u{1b}[2J\nforged' }));
    const { stdout } = await run('--fields', 'providerid', '--no-legend');
    expect(stdout).to.contain('\u{fffd}[2J\u{fffd}forged\n');
  });

  it('refuses a field that does not exist and names those that do', async () => {
    const { stderr, stdout, code } = await run('--fields', 'ip,toString');
    expect({ stdout, code }).to.deep.equal({ stdout: '', code: 2 });
    expect(stderr).to.match(/^imagoctl: 'toString' is not a field: choose from ip,serial,[a-z0-9,]+\n$/);
  });
});
