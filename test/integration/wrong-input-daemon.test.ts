import { readdirSync, writeFileSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { DaemonLab } from '../support/daemon-lab.js';

const SERVER = 'http://10.75.0.1:4080';

/** What strangers and operators can get wrong, through the doors that they use. */
describe('wrong input, to the daemon', function () {
  this.timeout(120_000);
  let lab: DaemonLab;

  before(async () => {
    lab = await DaemonLab.create('wrong');
    await lab.onClient('ip', 'addr', 'add', '10.75.0.20/24', 'dev', 'eth0');
    lab.configure(
      (text) =>
        `${text}\netcd: { maxClusters: 20 }\nnewHosts: { requireLease: false }\nmachines: { proof: off }\n`,
    );
    await lab.start();
  });
  after(() => lab.remove());

  const imagoctl = (...words: string[]) => lab.onServer(resolve('bin/imagoctl'), ...words);
  const put = async (path: string, body = '') =>
    (await lab.onClient('curl', '-s', '-w', ' %{http_code}', '-X', 'PUT', '-d', body, `${SERVER}${path}`))
      .stdout;
  const warnings = () =>
    lab
      .log()
      .split('\n')
      .flatMap((line) =>
        line.includes('"level":"warn"') ? [JSON.parse(line) as Record<string, unknown>] : [],
      );

  it('a stranger who asks for clusters without end makes room for his own, and shuts nobody out', async () => {
    const { stdout } = await lab.onClient(
      'curl',
      '-s',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}\\n',
      '-X',
      'PUT',
      `${SERVER}/etcd/new?[1-60]`,
    );
    const statuses = stdout
      .trim()
      .split(/\\n|\n/)
      .filter((status) => /^\d+$/.test(status));
    expect(statuses.filter((status) => status === '200')).to.have.length(60);
    expect(readdirSync(join(lab.folder, 'var/etcd-discovery'))).to.have.length(20);
  });

  it('a machine whose BMC talks nonsense is installed, and the log names what was left out', async () => {
    await lab.onClient('curl', '-s', `${SERVER}/ipxe?serial=ODD1&mac=52-54-00-00-00-31&platform=pcbios`);
    const report = '{"Serial":"ODD1","NetDevs":[],"IPMIAddress":"127.0.0.1","ConnectedNIC":"eth0"}';
    const { stdout } = await lab.onClient(
      'curl',
      '-s',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      '-d',
      report,
      `${SERVER}/final-ignition-config.json`,
    );
    expect(stdout).to.equal('200');
    expect(await put('/admin/host/odd1/set_installed')).to.equal(' 202');
    expect(await put('/admin/host/odd1/boot_complete', '{"DockerVersion":7}')).to.equal(' 202');
    const status = await imagoctl('list', '--no-legend', '--fields', 'serial,state,ipmiaddr');
    expect(status.stdout.trim().split(/ +/)).to.deep.equal(['odd1', 'running', '-']);
    // That it shows no proof is another matter.
    const told = warnings().filter(({ serial, faults }) => serial === 'odd1' && faults !== undefined);
    expect(told.map(({ faults }) => String(faults).split(':')[0])).to.deep.equal([
      'IPMIAddress',
      'DockerVersion',
    ]);
  });

  for (const { name, words, says } of [
    {
      name: 'an address of a BMC that is none',
      words: ['set', 'odd1', 'ipmiaddr', 'http://10.0.0.1/'],
      says: "ipmiAddress: 'http://10.0.0.1/' is not the address of a BMC: write an IP address or a host name",
    },
    {
      name: 'an override that would be lost',
      words: ['override', 'odd1', '__proto__', 'x'],
      says: "'__proto__' is a name that nothing can be stored under: choose another one",
    },
  ]) {
    it(`an operator who gives ${name} is told what is right`, async () => {
      const { status, stderr } = await imagoctl(...words);
      expect([status, stderr]).to.satisfy(
        ([code, text]: [number, string]) => code !== 0 && text.includes(says),
        stderr,
      );
    });
  }

  it('a refused reload names every fault, on one readable line of the log', async () => {
    const sound = readFileSync(lab.configFile, 'utf8');
    writeFileSync(
      lab.configFile,
      sound.replace(/^dhcp:/m, 'dhpc:').concat('logging2: 1\npower: { driver: impi }\n'),
    );
    const { status, stderr } = await imagoctl('reload');
    expect(status).to.equal(1);
    expect(stderr).to.include("power.driver: 'impi' is none of ipmi, redfish, none: did you mean ipmi?");
    expect(stderr).to.include('logging2: there is no such setting: did you mean logging?');
    const line = lab
      .log()
      .split('\n')
      .find((text) => text.includes('"path":"/api/v1/reload"') && text.includes('impi'));
    expect(line)
      .to.include('faults in the configuration | ')
      .and.not.match(/\u{fffd}/u);
    writeFileSync(lab.configFile, '');
    expect((await imagoctl('reload')).stderr).to.include(
      'the file is empty: begin with a copy of conf/imago.yaml',
    );
    writeFileSync(lab.configFile, sound);
    expect((await imagoctl('reload')).status).to.equal(0);
  });

  it('a start with such a configuration is refused in the same words', async () => {
    for (const { file, says } of [
      { file: lab.folder, says: 'cannot be read: it is a folder' },
      { file: '/nowhere', says: 'cannot be read: there is no such file' },
      { file: process.execPath, says: 'which no configuration is' },
    ]) {
      const { status, stderr } = await lab.onServer(resolve('bin/imago'), '--check-config', '--config', file);
      expect([status, stderr]).to.satisfy(
        ([code, text]: [number, string]) => code === 1 && text.includes(says),
        stderr,
      );
    }
  });
});
