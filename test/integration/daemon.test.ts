import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { DaemonLab } from '../support/daemon-lab.js';

const NOISE = resolve('dist/test/support/noise.js');
const SERVER = '10.75.0.1';

describe('the daemon on its network', function () {
  this.timeout(120_000);
  let lab: DaemonLab;

  before(async () => {
    lab = await DaemonLab.create('run');
    await lab.start();
  });
  after(() => lab.remove());

  const get = async (path: string) =>
    (await lab.onServer('curl', '-s', `http://${SERVER}:4080${path}`)).stdout;
  const lease = (device: string) =>
    lab.onClient('udhcpc', '-i', device, '-n', '-q', '-t', '3', '-T', '1', '-f', '-s', '/bin/true');

  it('gives an address, a boot loader and a boot script', async () => {
    expect((await lease('eth0')).stderr).to.match(/lease of 10\.75\.0\.1\d\d obtained from 10\.75\.0\.1/);
    await lab.onClient('ip', 'addr', 'add', '10.75.0.250/24', 'dev', 'eth0');
    const loader = await lab.onClient('curl', '-s', `tftp://${SERVER}/undionly.kpxe`);
    expect(loader.stdout === 'undionly.kpxe'.repeat(1000), `${loader.stdout.length} bytes`).to.equal(true);
    expect(await get('/boot.ipxe')).to.match(/^#!ipxe\n[^]*chain .*ipxe\?uuid=\$\{uuid\}/);
  });

  it('gives no address on a second interface of the same namespace', async () => {
    await lab.onServer(
      'ip',
      'link',
      'add',
      'other',
      'type',
      'veth',
      'peer',
      'name',
      'eth9',
      'netns',
      lab.client,
    );
    await lab.onServer('ip', 'addr', 'add', '10.76.0.1/24', 'dev', 'other');
    await lab.onServer('ip', 'link', 'set', 'other', 'up');
    await lab.onClient('ip', 'link', 'set', 'eth9', 'up');
    const { status, stderr } = await lease('eth9');
    expect(stderr).to.include('no lease, failing');
    expect(status).to.equal(1);
  });

  for (const { what, words } of [
    { what: '20,000 random datagrams on 67/udp', words: ['udp', SERVER, '67', '20000', '1'] },
    { what: '20,000 random datagrams on 69/udp', words: ['udp', SERVER, '69', '20000', '2'] },
    { what: '5,000 malformed HTTP requests', words: ['http', SERVER, '4080', '5000', '3'] },
  ]) {
    it(`serves on after ${what}, at debug level`, async () => {
      const { status, stderr } = await lab.onClient(process.execPath, NOISE, ...words);
      expect([status, stderr]).to.deep.equal([0, '']);
      expect(lab.isRunning, lab.log().slice(-2000)).to.equal(true);
      expect((await lease('eth0')).status).to.equal(0);
      const { stdout } = await lab.onClient('curl', '-s', `tftp://${SERVER}/ipxe.efi`);
      expect(stdout === 'ipxe.efi'.repeat(1000), `${stdout.length} bytes`).to.equal(true);
      expect(await get('/health')).to.include('"healthy":true');
    });
  }

  it('writes one JSON line per event, with nothing of the noise able to forge one', () => {
    const lines = lab.log().trimEnd().split('\n');
    expect(lines.length).to.be.greaterThan(1000);
    for (const line of lines) {
      expect(JSON.parse(line)).to.include.keys('level', 'time', 'msg');
      expect(line).to.match(/^[^\p{Cc}]*$/u);
    }
  });

  it('keeps machines and leases through SIGKILL', async () => {
    await get('/ipxe?uuid=&mac=52-54-00-00-00-09&serial=KEPT1');
    const [before, leases] = [await get('/admin/hosts'), await get('/api/v1/leases')];
    await lab.stop('SIGKILL');
    await lab.start();
    expect(await get('/admin/hosts')).to.equal(before);
    expect(await get('/api/v1/leases')).to.equal(leases);
    expect(before).to.include('"Serial":"kept1"');
  });

  it('reloads its configuration with SIGHUP and by imagoctl, and refuses a faulty one', async () => {
    const imagoctl = (...words: string[]) => lab.onServer(resolve('bin/imagoctl'), ...words);
    const debug = (text: string) => text.replace('level: info', 'level: debug');
    lab.configure((text) => debug(text).replace('quantity: 1', 'quantity: 5'));
    expect(await imagoctl('reload')).to.include({ status: 0, stdout: 'the configuration was reloaded\n' });
    expect(await get('/api/v1/profiles')).to.include('"quantity":5');
    lab.configure((text) => debug(text).replace('quantity: 1', 'quantity: lots'));
    const refused = await imagoctl('reload');
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.include("profiles[0].quantity: 'lots'");
    lab.configure((text) => debug(text).replace('quantity: 1', 'quantity: 6'));
    await lab.signalled('SIGHUP', 'the configuration was reloaded');
    expect(await get('/api/v1/profiles')).to.include('"quantity":6');
  });

  it('says who has the port, and leaves with status 1, when it is started twice', async () => {
    const { status, stderr } = await lab.onServer(resolve('bin/imago'), '--config', lab.configFile);
    expect(status).to.equal(1);
    expect(stderr).to.match(/^imago: .*(pid|process) \d+/);
  });

  it('ends in order on SIGTERM', async () => {
    expect(await lab.stop('SIGTERM')).to.equal(0);
    expect(lab.log().trimEnd().split('\n').at(-1)).to.include('"msg":"stopped"');
    expect((await lab.git('fsck', '--full', '--strict')).status).to.equal(0);
    expect((await lab.git('status', '--porcelain')).stdout).to.equal('');
  });
});

describe('a configuration that cannot work', function () {
  this.timeout(30_000);
  let lab: DaemonLab;

  before(async () => {
    lab = await DaemonLab.create('conf');
  });
  after(() => lab.remove());

  it('is refused with all its faults, each with its line', async () => {
    lab.configure((text) =>
      text
        .replace('serverAddress: 10.75.0.1', 'serverAddress: 10.75.0.300')
        .replace('last: 10.75.0.199', 'last: 10.76.0.199')
        .replace('quantity: 1', 'quantty: 1')
        .replace('hosts: []', 'hosts: [{ serial: A1, profile: cor }]'),
    );
    const { status, stderr } = await lab.onServer(
      resolve('bin/imago'),
      '--check-config',
      '--config',
      lab.configFile,
    );
    expect(status).to.equal(1);
    expect(
      stderr
        .replaceAll(lab.configFile, 'FILE')
        .split('\n')
        .map((line) => line.replace(/^FILE:\d+:\d+: ([^:]*): .*$/, '$1')),
    ).to.deep.equal([
      'imago: 4 faults in the configuration',
      'network.serverAddress',
      'network.bootstrapRange.last',
      'profiles[0].quantty',
      'hosts[0].profile',
      '',
    ]);
  });

  it('is refused when a template or an image is missing', async () => {
    lab.configure((text) =>
      text.replace('osVersion: sandbox', 'osVersion: nowhere\n    templates: { ignition: gone.yaml }'),
    );
    const { status, stderr } = await lab.onServer(
      resolve('bin/imago'),
      '--check-config',
      '--config',
      lab.configFile,
    );
    expect(status).to.equal(1);
    expect(stderr).to.match(/profiles\[0\]\.templates\.ignition: .*gone\.yaml/);
    expect(stderr).to.match(/profiles\[0\].*nowhere\/vmlinuz does not exist/);
  });

  it('is refused at the start when an image cannot be read', async () => {
    mkdirSync(join(lab.folder, 'images/broken/vmlinuz'), { recursive: true });
    lab.configure((text) => text.replace('osVersion: sandbox', 'osVersion: broken'));
    const { status, stderr } = await lab.onServer(resolve('bin/imago'), '--config', lab.configFile);
    expect(status).to.equal(1);
    expect(stderr).to.match(/profiles\[0\].*broken\/vmlinuz is not a file/);
  });

  it('is refused when the interface does not exist', async () => {
    lab.configure((text) => text.replace('interface: br0', 'interface: br7'));
    const { status, stderr } = await lab.onServer(resolve('bin/imago'), '--config', lab.configFile);
    expect(status).to.equal(1);
    expect(stderr).to.match(/br7/);
  });
});
