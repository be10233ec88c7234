import { expect } from 'chai';
import { FakeImago } from '../api/fake-imago.js';
import { bootedMachine, parseEnvironmentFile } from '../../../src/cli/booted-machine.js';
import { parseMayuArguments } from '../../../src/cli/mayu/parse-arguments.js';
import { mayuctl, root, spawnImagoctl } from '../../support/run-imagoctl.js';

const hosts = [
  {
    Enabled: true,
    Serial: 'ser0002',
    MacAddresses: ['52:54:00:00:00:02', '52:54:00:00:00:03'],
    InternalAddr: '10.75.0.21',
    Cabinet: 3,
    FleetMetadata: ['role=core', 'zone=a'],
    ConnectedNIC: 'enp0s3',
    LastBoot: '2016-01-15T13:42:33.344Z',
    Profile: 'core',
    EtcdClusterToken: 'f00d',
    State: 'running',
    CoreOSVersion: '835.13.0',
    DockerVersion: '1.10.3',
  },
  { Serial: 'new', ConnectedNIC: '', LastBoot: '0001-01-01T00:00:00Z', State: 'unknown' },
];

describe('mayuctl', () => {
  let imago: FakeImago;
  const run = (...argv: string[]) =>
    mayuctl(argv, { IMAGO_HOST: '127.0.0.1', IMAGO_PORT: `${imago.port}`, IMAGO_OPERATOR: 'ada' });

  beforeEach(async () => {
    imago = await FakeImago.start();
    imago.override = ({ method }, response) =>
      method === 'PUT' ? response.writeHead(202).end() : response.end(JSON.stringify(hosts));
  });
  afterEach(() => imago.stop());

  it('Y8: lists as Mayu does: its states in quotes, its order, its times, empty cells empty', async () => {
    expect(await run('--no-tls', 'list')).to.deep.equal({
      stdout: [
        'IP          SERIAL   PROFILE  IPMIADDR  PROVIDERID  ETCDTOKEN  METADATA          COREOS    STATE      LASTBOOT',
        '-           new      -        -         -                                                  "unknown"  0001-01-01 00:00:00',
        '10.75.0.21  ser0002  core     -         -           f00d       role=core,zone=a  835.13.0  "running"  2016-01-15 13:42:33',
        '',
      ].join('\n'),
      stderr: '',
      code: 0,
    });
  });

  it('lists chosen fields without headings', async () => {
    const { stdout } = await run(
      'list',
      '--no-legend=true',
      '--fields=serial,docker',
      '--port',
      `${imago.port}`,
    );
    expect(stdout).to.equal('new      \nser0002  1.10.3\n');
  });

  it('Y8: shows a status as Mayu does', async () => {
    expect((await run('status', 'ser0002')).stdout).to.equal(`Serial:              ser0002
IP:                  10.75.0.21
IPMI:                <nil>
Provider ID:         ${''}
Macs:                52:54:00:00:00:02, 52:54:00:00:00:03
Cabinet:             3
Machine on Cabinet:  0
Hostname:            ${''}
MachineID:           ${''}
ConnectedNIC:        enp0s3
Profile:             core
DisableEngine:       false
State:               "running"
EtcdToken:           f00d
Metadata:            role=core, zone=a
CoreOS:              835.13.0
Mayu:                ${''}
Yochu:               ${''}
Docker:              1.10.3
Etcd:                ${''}
Fleet:               ${''}
Rkt:                 ${''}
K8s:                 ${''}
LastBoot:            2016-01-15 13:42:33.344 +0000 UTC
Enabled:             true
`);
  });

  for (const { given, shown } of [
    { given: '2016-01-15T13:42:33.344+05:30', shown: '2016-01-15 13:42:33.344 +0530 +0530' },
    { given: '2016-01-15T13:42:33-08:00', shown: '2016-01-15 13:42:33 -0800 -0800' },
    { given: '2016-07-15T13:42:33+02:00', shown: '2016-07-15 13:42:33 +0200 CEST' },
    { given: '2016-07-15T13:42:33+01:00', shown: '2016-07-15 13:42:33 +0100 +0100' },
    { given: '0001-01-01T00:00:00Z', shown: '0001-01-01 00:00:00 +0000 UTC' },
  ]) {
    it(`Y8: shows ${given} in its zone, as Go does in Berlin: ${shown}`, async () => {
      imago.override = (_, response) => response.end(JSON.stringify([{ ...hosts[0], LastBoot: given }]));
      const { stdout } = await mayuctl(['status', 'ser0002'], {
        IMAGO_HOST: '127.0.0.1',
        IMAGO_PORT: `${imago.port}`,
        TZ: 'Europe/Berlin',
      });
      expect(stdout).to.include(`LastBoot:            ${shown}\n`);
    });
  }

  it('Y8: ends a cell at a |, as the real one does', async () => {
    imago.override = (_, response) =>
      response.end(JSON.stringify([{ ...hosts[0], FleetMetadata: ['a=b | c'] }]));
    expect((await run('list', '--fields=serial,metadata')).stdout).to.equal(
      'SERIAL   METADATA\nser0002  a=b       c\n',
    );
  });

  it('Y8: --no-tls=false speaks TLS', async () => {
    expect((await run('--no-tls=false', 'list')).stderr).to.contain(`https://127.0.0.1:${imago.port}`);
  });

  for (const { argv, request, body } of [
    {
      argv: ['set', 'a', 'metadata', 'x=1,y=2'],
      request: 'set_metadata',
      body: { FleetMetadata: ['x=1', 'y=2'] },
    },
    { argv: ['set', 'a', 'providerid', 'XY'], request: 'set_provider_id', body: { ProviderId: 'XY' } },
    { argv: ['set', 'a', 'ipmiaddr', '10.0.0.9'], request: 'set_ipmi_addr', body: { IPMIAddr: '10.0.0.9' } },
    { argv: ['set', 'a', 'cabinet', '0'], request: 'set_cabinet', body: { Cabinet: 0 } },
    { argv: ['set', 'a', 'state', 'configured'], request: 'set_state', body: { State: 'configured' } },
    {
      argv: ['set', 'a', 'etcdtoken', 'f0'],
      request: 'set_etcd_cluster_token',
      body: { EtcdClusterToken: 'f0' },
    },
    { argv: ['override', 'a', 'k', 'v'], request: 'override', body: { Overrides: { k: 'v' } } },
  ]) {
    it(`${argv.join(' ')} puts ${request} and says nothing`, async () => {
      expect(await run(...argv)).to.deep.equal({ stdout: '', stderr: '', code: 0 });
      expect(imago.seen).to.deep.equal([
        { method: 'PUT', path: `/admin/host/a/${request}`, operator: 'ada', body: JSON.stringify(body) },
      ]);
    });
  }

  for (const { argv, says } of [
    { argv: ['set', 'a', 'ipmiaddr', 'nonsense'], says: "'nonsense' is not an IP address" },
    { argv: ['set', 'a', 'cabinet', '-1'], says: "'-1' is not the number of a cabinet" },
    { argv: ['set', 'a', 'state', 'fresh'], says: "'fresh' is not a state" },
    { argv: ['set', 'a', 'colour', 'red'], says: "setting key with name 'colour' is not supported" },
    { argv: ['set', 'a', 'state'], says: 'Usage: mayuctl set <serial> <key> <value>' },
    { argv: ['status', 'nobody'], says: 'host nobody not found.' },
    { argv: ['list', '--fields', 'ip,moon'], says: "Invalid field: 'moon'" },
    { argv: ['explode'], says: 'unknown command "explode" for "mayuctl"' },
    { argv: ['list', '--port', '9'], says: 'no imago answers at http://127.0.0.1:9' },
  ]) {
    it(`${argv.join(' ')} fails with 1: ${says}`, async () => {
      const outcome = await run(...argv);
      expect(outcome).to.include({ stdout: '', code: 1 });
      expect(outcome.stderr)
        .to.match(/^mayuctl: [^\n]+\n$/)
        .and.to.contain(says);
    });
  }

  it('passes on what the server refuses', async () => {
    imago.override = (_, response) => response.writeHead(400).end("host doesn't exist\n");
    expect((await run('set', 'x', 'providerid', 'y')).stderr).to.equal(
      "mayuctl: set_provider_id: host doesn't exist\n",
    );
  });

  it('is bin/imagoctl, called by another name', async () => {
    const { stdout, code } = await spawnImagoctl(['version'], { path: `${root}bin/mayuctl` });
    expect({ stdout, code }).to.deep.equal({ stdout: 'mayuctl version 0.1.0\n', code: 0 });
  });

  it('shows its version and its help', async () => {
    expect((await run('version')).stdout).to.equal('mayuctl version 0.1.0\n');
    expect((await run()).stdout).to.contain('Available Commands:');
    expect((await run('set', '--help')).stdout).to.contain('Available Commands:');
  });
});

describe('cli/mayu/parse-arguments', () => {
  for (const { argv, want } of [
    { argv: ['list'], want: { words: ['list'], text: {}, on: [] } },
    {
      argv: ['--host', 'rack', 'list', '--port=81', '-d', '-v'],
      want: { words: ['list'], text: { host: 'rack', port: '81' }, on: ['debug', 'verbose'] },
    },
    {
      argv: ['--no-tls=false', '--no-legend=T', 'list'],
      want: { words: ['list'], text: {}, on: ['no-legend'] },
    },
    {
      argv: ['override', 'a', '--', '--k', '-v'],
      want: { words: ['override', 'a', '--k', '-v'], text: {}, on: [] },
    },
  ]) {
    it(`reads ${argv.join(' ')} as cobra does`, () => {
      const { words, text, on } = parseMayuArguments(argv);
      expect({ words, text, on: [...on] }).to.deep.equal(want);
    });
  }

  for (const { argv, says } of [
    { argv: ['--colour'], says: 'unknown flag: --colour' },
    { argv: ['-x'], says: 'unknown flag: -x' },
    { argv: ['--host'], says: 'flag needs an argument: --host' },
    { argv: ['--no-tls=maybe'], says: '--no-tls is true or false, not maybe' },
  ]) {
    it(`refuses ${argv.join(' ')}`, () => {
      expect(() => parseMayuArguments(argv)).to.throw(says);
    });
  }
});

describe('cli/machine-environment', () => {
  for (const { line, want } of [
    { line: 'SERIAL=4vx9z52', want: { SERIAL: '4vx9z52' } },
    { line: ' export SERIAL=a # the chassis', want: { SERIAL: 'a' } },
    { line: 'NAME="Container \\"Linux\\" \\$5"', want: { NAME: 'Container "Linux" $5' } },
    { line: "NAME='a # b'", want: { NAME: 'a # b' } },
    { line: '# SERIAL=b', want: {} },
    { line: 'not a line', want: {} },
    { line: 'A=1\nA=2', want: { A: '2' } },
  ]) {
    it(`reads ${JSON.stringify(line)}`, () => {
      expect(Object.fromEntries(parseEnvironmentFile(line))).to.deep.equal(want);
    });
  }

  it('makes the report of a machine that is up', () => {
    const environment = parseEnvironmentFile(
      'VERSION=3374.2.0\nDOCKER_VERSION=20.10\nK8S_VERSION=\nSERIAL=a\nX=y',
    );
    expect(bootedMachine(environment, [])).to.deep.equal({
      serial: 'a',
      versions: { CoreOSVersion: '3374.2.0', DockerVersion: '20.10' },
    });
  });

  it('refuses to report for nobody', () => {
    expect(() => bootedMachine(new Map(), ['/etc/os-release', '/etc/mayu-env'])).to.throw(
      'none of /etc/os-release, /etc/mayu-env has a SERIAL or IMAGO_SERIAL',
    );
  });
});
