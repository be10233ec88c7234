import { parse as parseYaml } from 'yaml';
import { expect } from 'chai';
import { outputFormat } from '../../../src/cli/output-flag.js';
import { outputRenderer } from '../../../src/cli/render-output.js';
import { apiHost, FakeImago } from '../api/fake-imago.js';
import { imagoctl } from '../../support/run-imagoctl.js';

describe('cli/output-flag', () => {
  for (const { line, want } of [
    { line: '', want: 'table' },
    { line: '--json', want: 'json' },
    { line: '--output yaml a', want: 'yaml' },
    { line: '--output=csv', want: 'csv' },
    { line: '-o name', want: 'name' },
    { line: '-oname', want: 'name' },
    { line: '-o json -o yaml', want: 'yaml' },
    { line: '-o xml', want: 'table' },
    { line: '-- --json -o yaml', want: 'table' },
  ]) {
    it(`${line || 'nothing'} asks for ${want}`, () => {
      expect(outputFormat(line.split(' '))).to.equal(want);
    });
  }
});

describe('cli/render-output', () => {
  const csv = async (value: unknown) => (await outputRenderer('csv'))({ value, nameField: 'serial' });

  for (const { name, value, want } of [
    { name: 'a record', value: { serial: 'a', cabinet: 3 }, want: 'serial,cabinet\na,3\n' },
    { name: 'no record', value: [], want: '' },
    {
      name: 'records that know different things',
      value: [{ serial: 'a' }, { state: 'running' }],
      want: 'serial,state\na,\n,running\n',
    },
    {
      name: 'lists and tables in cells',
      value: [{ metadata: ['x=1', 'y=2'], overrides: { a: '1', b: '2' }, free: null }],
      want: 'metadata,overrides,free\nx=1 y=2,a=1 b=2,\n',
    },
    { name: 'commas and quotes', value: [{ a: 'x, "y"', b: ' z' }], want: 'a,b\n"x, ""y"""," z"\n' },
    { name: 'what would forge a line', value: [{ a: 'x\ny\u{1b}[2J' }], want: 'a\nx\u{fffd}y\u{fffd}[2J\n' },
    { name: 'plain words', value: ['a', 'b'], want: 'value\na\nb\n' },
  ]) {
    it(`writes ${name} as csv`, async () => {
      expect(await csv(value)).to.equal(want);
    });
  }

  it('names what has a name', async () => {
    const render = await outputRenderer('name');
    const value = [{ serial: 'a' }, { other: 1 }, 'b', { serial: 'c\n' }];
    expect(render({ value, nameField: 'serial' })).to.equal('a\nb\nc\u{fffd}\n');
    expect(render({ value: { ready: true }, nameField: 'serial' })).to.equal('');
  });
});

describe('imagoctl --output', () => {
  let imago: FakeImago;
  const run = (...argv: string[]) => imagoctl(argv, { IMAGO_HOST: '127.0.0.1', IMAGO_PORT: `${imago.port}` });

  beforeEach(async () => {
    imago = await FakeImago.start([
      apiHost({ serial: 'b', address: '10.75.0.11', state: 'installing', metadata: ['role=core', 'zone=a'] }),
      apiHost({ serial: 'a', address: '10.75.0.10', providerId: 'x, y' }),
    ]);
    const time = '2026-11-21T03:00:00.000Z';
    imago.leases = [{ address: '10.75.0.100', mac: '52:54:00:00:00:01', state: 'bound', expires: time }];
    imago.history = [{ commit: 'f'.repeat(40), time, author: 'ada', what: 'host created' }];
  });
  afterEach(() => imago.stop());

  for (const { line, want } of [
    {
      line: 'list -o csv --fields ip,serial,providerid,metadata,lastboot',
      want: 'ip,serial,providerid,metadata,lastboot\n10.75.0.10,a,"x, y",,never\n10.75.0.11,b,,"role=core,zone=a",never\n',
    },
    { line: 'list -o csv --fields serial --no-legend', want: 'a\nb\n' },
    { line: 'list -o name', want: 'a\nb\n' },
    { line: '-o name list --state installing', want: 'b\n' },
    { line: 'list -o name --state configured', want: '' },
    { line: 'status a --output name', want: 'a\n' },
    { line: 'set a b state configured -o name', want: 'a\nb\n' },
    {
      line: 'wait b --for installing --output=csv',
      want: 'serial,state,address,macAddresses,metadata,overrides,versions\nb,installing,10.75.0.11,,role=core zone=a,,\n',
    },
    {
      line: 'leases -o csv',
      want: 'ip,mac,state,expires,serial,hostname,clientid\n10.75.0.100,52:54:00:00:00:01,bound,2026-11-21T03:00:00Z,,,\n',
    },
    { line: 'leases -o name', want: '10.75.0.100\n' },
    { line: 'history a -o name', want: `${'f'.repeat(40)}\n` },
    {
      line: 'version -o yaml',
      want: `client:\n  version: 0.1.0\n  node: ${process.version}\nserver:\n  version: 9.8.7\n  node: v20.0.0\n`,
    },
    {
      line: 'export -o csv --state installing',
      want: 'serial,profile,address,mac,hostname,metadata,providerId,ipmiAddress,etcdClusterToken,cabinet,machineOnCabinet,overrides\nb,,10.75.0.11,,,role=core zone=a,,,,,,\n',
    },
  ]) {
    it(`imagoctl ${line}`, async () => {
      expect(await run(...line.split(' '))).to.deep.equal({ stdout: want, stderr: '', code: 0 });
    });
  }

  it('json is what --json prints, and yaml says the same', async () => {
    const { stdout } = await run('list', '--json');
    expect((await run('list', '--output', 'json')).stdout).to.equal(stdout);
    expect(parseYaml((await run('list', '--output', 'yaml')).stdout)).to.deep.equal(JSON.parse(stdout));
    expect((await run('list', '-o', 'table')).stdout).to.equal((await run('list')).stdout);
  });

  it('yaml tells faults as json does', async () => {
    const { stdout, stderr, code } = await run('status', 'x', '-o', 'yaml');
    expect({ fault: parseYaml(stdout) as unknown, stderr, code }).to.deep.equal({
      fault: JSON.parse((await run('status', 'x', '--json')).stdout) as unknown,
      stderr: '',
      code: 3,
    });
  });

  it('names and csv leave faults to standard error, and tell what was done', async () => {
    expect(await run('set', 'a', 'x', 'state', 'configured', '-o', 'name')).to.deep.equal({
      stdout: 'a\n',
      stderr: "imagoctl: 1 of 2 were refused: x: there is no host 'x': see imagoctl list\n",
      code: 3,
    });
  });

  for (const { line, says } of [
    {
      line: 'list -o xml',
      says: 'Expected --output=xml to be one of: table, json, yaml, csv, name; see imagoctl help list',
    },
    { line: 'list --watch -o name', says: '--watch is for people' },
    {
      line: 'events --follow -o csv',
      says: '--follow prints lines for people, or with --output json one event each: not csv',
    },
  ]) {
    it(`refuses ${line}`, async () => {
      const { stdout, stderr, code } = await run(...line.split(' '));
      expect({ stdout, code }).to.deep.equal({ stdout: '', code: 2 });
      expect(stderr)
        .to.match(/^imagoctl: [^\n]+\n$/)
        .and.to.contain(says);
    });
  }

  it('refuses --json beside another format', async () => {
    const { stdout, code } = await run('list', '--json', '-o', 'yaml');
    expect(code).to.equal(2);
    expect(stdout).to.contain('"USAGE"').and.to.contain('cannot also be provided');
  });

  it('exports no csv that import would read differently', async () => {
    imago.hosts.set('a', apiHost({ serial: 'a', overrides: { motd: 'two words' } }));
    expect(await run('export', '-o', 'csv')).to.deep.include({
      stdout: '',
      stderr:
        'imagoctl: a has a tag or an override with blanks in it: csv cannot say that, json and yaml can\n',
      code: 2,
    });
  });
});
