import { expect } from 'chai';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { openHouse, type House } from '../../support/http-house.js';
import { imagoctl, mayuctl, words } from '../../support/run-imagoctl.js';

const host = (serial: string, profile: string, address: string) =>
  newHost(parseSerial(serial), {
    state: 'running',
    profile,
    internalAddress: parseIpv4(address),
    metadata: profile === 'core' ? ['role=core'] : ['role=worker'],
    overrides: { color: 'red' },
  });

/** Against imago's own HTTP side. */
describe('imagoctl and the daemon', () => {
  let house: House;
  const environment = () => ({
    IMAGO_HOST: '127.0.0.1',
    IMAGO_PORT: new URL(house.url).port,
    IMAGO_OPERATOR: 'ada',
  });
  const run = (...argv: string[]) => imagoctl(argv, environment());
  const story = (serial: string) => house.store.storyOf(serial);

  beforeEach(async () => {
    house = await openHouse({
      store: new InMemoryHostStore(
        [host('a', 'core', '10.75.0.10'), host('b', 'default', '10.75.0.11')],
        'defaulttoken',
      ),
    });
  });
  afterEach(() => house.close());

  it('lists', async () => {
    expect(
      words(
        (await run('list', '--no-legend', '--fields', 'ip,serial,profile,metadata,state,overrides')).stdout,
      ),
    ).to.deep.equal([
      ['10.75.0.10', 'a', 'core', 'role=core', 'running', 'color=red'],
      ['10.75.0.11', 'b', 'default', 'role=worker', 'running', 'color=red'],
    ]);
  });

  for (const { key, value, field, shown, what } of [
    { key: 'metadata', value: 'x=1,y=2', field: 'metadata', shown: 'x=1,y=2', what: 'updated host metadata' },
    { key: 'metadata', value: '', field: 'metadata', shown: '-', what: 'updated host metadata' },
    { key: 'providerid', value: 'XY', field: 'providerid', shown: 'XY', what: 'updated host provider id' },
    {
      key: 'ipmiaddr',
      value: '10.0.0.9',
      field: 'ipmiaddr',
      shown: '10.0.0.9',
      what: 'updated host ipmi address',
    },
    { key: 'cabinet', value: '3', field: 'cabinet', shown: '3', what: 'updated host cabinet' },
    { key: 'position', value: '7', field: 'position', shown: '7', what: 'updated host machine on cabinet' },
    { key: 'hostname', value: 'node1', field: 'hostname', shown: 'node1', what: 'updated host name' },
    {
      key: 'etcdtoken',
      value: 'f00d',
      field: 'etcdtoken',
      shown: 'f00d',
      what: 'updated host etcd cluster token',
    },
    {
      key: 'profile',
      value: 'core',
      field: 'profile',
      shown: 'core',
      what: 'updated host profile and metadata',
    },
    {
      key: 'state',
      value: 'configured',
      field: 'state',
      shown: 'configured',
      what: 'updated host state to configured',
    },
  ]) {
    it(`sets ${key} to '${value}'`, async () => {
      expect(await run('set', 'B', key, value)).to.deep.equal({
        stdout: `b: ${key} ${value}\n`,
        stderr: '',
        code: 0,
      });
      const { stdout } = await run('list', '--no-legend', '--fields', `serial,${field}`);
      expect(words(stdout)[1]).to.deep.equal(['b', shown]);
      expect(story('b')[0]).to.equal(what);
      expect(story('a')).to.deep.equal([]);
    });
  }

  it('clears what it set', async () => {
    for (const key of ['providerid', 'ipmiaddr', 'hostname', 'etcdtoken']) {
      await run('set', 'b', key, 'x1');
      await run('set', 'b', key, '');
    }
    await run('set', 'b', 'cabinet', '3');
    await run('set', 'b', 'cabinet', '0');
    const fields = 'providerid,ipmiaddr,hostname,etcdtoken,cabinet';
    expect(words((await run('list', '--no-legend', '--fields', fields)).stdout)[1]).to.deep.equal([
      '-',
      '-',
      '-',
      '-',
      '-',
    ]);
  });

  for (const { argv, says, code } of [
    { argv: ['set', 'b', 'profile', 'moon'], says: 'moon', code: 1 },
    { argv: ['set', 'b', 'cabinet', 'x'], says: "'x' is not a number", code: 2 },
    { argv: ['set', 'nobody', 'providerid', 'x'], says: 'nobody', code: 3 },
    { argv: ['override', 'b', '1x', 'y'], says: 'is not the name of an override', code: 1 },
    { argv: ['override', 'b'], says: 'give serials, a key and its value, or --unset KEY', code: 2 },
    { argv: ['override', 'k', 'v'], says: 'no machine is named', code: 2 },
    { argv: ['override', 'k=v'], says: 'give serials', code: 2 },
    { argv: ['backup', '/nowhere/at/all'], says: 'there is no such folder: make it first', code: 1 },
    { argv: ['add', 'a'], says: 'a', code: 1 },
    { argv: ['add', 'c', '--ip', '10.75.0.10'], says: '10.75.0.10', code: 1 },
    { argv: ['add', 'c', '--ip', '10.99.0.10'], says: 'network.hostRange', code: 1 },
    { argv: ['add', 'c', '--mac', 'nonsense'], says: 'nonsense', code: 1 },
    { argv: ['add', 'c', '--profile', 'moon'], says: 'moon', code: 1 },
    { argv: ['retire', 'nobody'], says: 'nobody', code: 3 },
  ]) {
    it(`refuses ${argv.join(' ')}`, async () => {
      const outcome = await run(...argv);
      expect(outcome).to.include({ stdout: '', code });
      expect(outcome.stderr)
        .to.match(/^imagoctl: [^\n]+\n$/)
        .and.to.contain(says);
      expect([...house.store.hosts()].map(({ serial }) => serial)).to.deep.equal(['a', 'b']);
    });
  }

  it('overrides with KEY=VALUE where one machine is named, or some are selected', async () => {
    expect((await run('override', 'a', 'size=a=b')).stdout).to.equal('a: size is a=b\n');
    expect(
      (await run('override', '--state', 'unknown', '--state', 'configured', '--state', 'running', 'x=1'))
        .stdout,
    ).to.include(': x is 1');
    expect((await run('override', 'a', 'args', 'console=ttyS0')).stdout).to.equal(
      'a: args is console=ttyS0\n',
    );
  });

  it('overrides, shows it in status, and takes it away', async () => {
    expect((await run('override', 'a', 'b', 'size', 'big')).stdout).to.equal(
      'a: size is big\nb: size is big\n',
    );
    expect((await run('status', 'a')).stdout).to.contain('Overrides:           color=red, size=big\n');
    expect((await run('override', '--profile', 'core', '--unset', 'color')).stdout).to.equal(
      'a: color is not overridden\n',
    );
    expect(words((await run('list', '--no-legend', '--fields', 'overrides')).stdout)).to.deep.equal([
      ['size=big'],
      ['color=red,size=big'],
    ]);
  });

  it('adds a machine before it boots, with what was said of it', async () => {
    const line =
      'add NEW1 --profile default --ip 10.75.0.50 --mac 52:54:00:00:00:09 --hostname node9 --tag rack=7 --tag row=2';
    const { stdout } = await run(...line.split(' '));
    expect(stdout).to.equal('new1: added, 10.75.0.50, profile default\n');
    const fields = 'ip,serial,bootmac,hostname,metadata,state';
    const listed = (await run('list', '--no-legend', '--fields', fields)).stdout.trimEnd().split('\n');
    expect(listed[2]?.replace(/ +/g, ' ')).to.equal(
      '10.75.0.50 new1 52:54:00:00:00:09 node9 rack=7,row=2,role=worker configured',
    );
    expect(story('new1').slice(0, 2)).to.deep.equal(['host created', 'updated with predefined settings']);
  });

  it('retires machines, and only says so with --dry-run', async () => {
    expect((await run('retire', 'a', 'b', '--dry-run')).stdout).to.equal(
      'a: would be retired; it is running\nb: would be retired; it is running\n',
    );
    expect((await run('retire', 'a')).stdout).to.equal('a: retired\n');
    expect(words((await run('list', '--no-legend', '--fields', 'serial')).stdout)).to.deep.equal([['b']]);
  });

  it('lists profiles with how many hosts each has', async () => {
    expect(words((await run('profiles')).stdout)).to.deep.equal([
      ['PROFILE', 'HOSTS', 'QUANTITY', 'COREOS', 'METADATA'],
      ['core', '1', '1', 'v1', 'role=core'],
      ['default', '1', '-', 'v1', 'role=worker'],
    ]);
  });

  it('renders what a machine would get, to the byte, and records nothing', async () => {
    const { stdout, stderr } = await run('render', 'a', '--what', 'ipxe');
    expect(stderr).to.equal('');
    expect(stdout)
      .to.match(/^#!ipxe\n/)
      .and.to.contain('sanboot');
    expect((await run('render', 'a', '--platform', 'efi')).stdout)
      .to.match(/^#!ipxe\n/)
      .and.not.to.contain('sanboot');
    const ignition = await run('render', 'b', '--what', 'ignition', '--json');
    const { text, what } = JSON.parse(ignition.stdout) as { text: string; what: string };
    expect({
      what,
      version: (JSON.parse(text) as { ignition: { version: string } }).ignition.version,
    }).to.deep.include({
      what: 'ignition',
    });
    expect((await run('render', 'b', '--what', 'ignition')).stdout).to.equal(text);
    expect((await run('render', 'b', '--what', 'first-stage')).stdout).to.match(/^#!\/bin\/sh\n/);
    expect([...story('a'), ...story('b')]).to.deep.equal([]);
  });

  it('shows who changed what', async () => {
    await run('set', 'a', 'providerid', 'XY');
    const [entry] = words((await run('history', 'a', '--no-legend')).stdout);
    expect(entry?.slice(2)).to.deep.equal(['claimed:ada', 'running', 'updated', 'host', 'provider', 'id']);
  });

  it('mayuctl sets the same through Mayu’s calls', async () => {
    expect(await mayuctl(['set', 'a', 'providerid', 'XY'], environment())).to.deep.equal({
      stdout: '',
      stderr: '',
      code: 0,
    });
    expect(await mayuctl(['override', 'a', 'size', 'big'], environment())).to.include({ code: 0 });
    expect((await mayuctl(['status', 'a'], environment())).stdout).to.contain('Provider ID:         XY\n');
    expect(await mayuctl(['set', 'a', 'state', 'unknown'], environment())).to.include({ code: 1 });
    expect(story('a')).to.deep.equal(['updated host provider id', 'updated host overrides: size']);
  });
});
