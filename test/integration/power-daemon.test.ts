import { appendFileSync, chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { DaemonLab } from '../support/daemon-lab.js';
import { startIpmiSim, type IpmiSim } from '../support/ipmi-sim.js';

const PASSWORD = 'swordfish-77';
const KEY = 'hookkey-4711';
const SERVER = 'http://10.75.0.1:4080';

const PLAIN = ['-H', 'content-type: text/plain'];
const FACTS =
  '{"Serial":"BMC1","NetDevs":[{"Name":"eth0","MacAddress":"52:54:00:00:00:31"}],"IPMIAddress":"127.0.0.1","ConnectedNIC":"eth0"}';

/** What a machine does when its power comes: boots, installs itself, boots again and reports. */
const MACHINE = `
curl -s '${SERVER}/ipxe?serial=BMC1&mac=52-54-00-00-00-31&platform=pcbios'
curl -s '${SERVER}/first-stage-script/bmc1'
curl -s -d '${FACTS}' ${SERVER}/final-ignition-config.json
curl -s -d 'half of it' -H 'content-type: text/plain' ${SERVER}/report/bmc1/write
curl -s -X PUT ${SERVER}/admin/host/bmc1/set_installed
curl -s -X PUT -d '{}' ${SERVER}/admin/host/bmc1/boot_complete
`;

describe('power through the daemon', function () {
  this.timeout(120_000);
  let lab: DaemonLab;
  let bmc: IpmiSim;

  before(async () => {
    lab = await DaemonLab.create('power');
    bmc = await startIpmiSim({ password: PASSWORD, namespace: lab.server, machine: MACHINE });
    const file = join(lab.folder, 'bmc-password');
    writeFileSync(file, `${PASSWORD}\n`);
    chmodSync(file, 0o600);
    const hook = join(lab.folder, 'announce');
    writeFileSync(
      hook,
      `#!/bin/sh\necho "$IMAGO_SERIAL $IMAGO_OCCASION" >> ${lab.folder}/announced\nenv >> ${lab.folder}/hook-env\n`,
    );
    chmodSync(hook, 0o755);
    appendFileSync(
      lab.configFile,
      `
power:
  driver: ipmi
  user: admin
  password: { file: ${file} }
  ipmi: { port: ${bmc.port}, cipherSuite: 3 }
  networks: [127.0.0.0/8]
events:
  stuck: { retry: { budget: 1, pauseSeconds: 1 } }
  hooks: [{ command: [${hook}], on: [configured, installing, installed, running] }]
  webhooks: [{ url: 'http://127.0.0.1:9/hook', secret: { variable: IMAGO_HOOK_KEY }, tries: 1 }]
`,
    );
    process.env['IMAGO_HOOK_KEY'] = KEY;
    await lab.start();
  });
  after(async () => {
    delete process.env['IMAGO_HOOK_KEY'];
    await bmc.close();
    await lab.remove();
  });

  const imagoctl = (...words: string[]) => lab.onServer(resolve('bin/imagoctl'), ...words);

  it('a machine whose BMC nobody knows says what to do', async () => {
    await lab.onServer('curl', '-s', `${SERVER}/ipxe?serial=BMC1&mac=52-54-00-00-00-31`);
    const { status, stderr } = await imagoctl('power', 'on', 'bmc1');
    expect(status).to.equal(1);
    expect(stderr).to.include('imagoctl set bmc1 ipmiaddr');
  });

  it('switches it on once the address is set, and the machine installs itself', async () => {
    expect((await imagoctl('set', 'bmc1', 'ipmiaddr', '127.0.0.1')).status).to.equal(0);
    expect(await imagoctl('power', 'status', 'bmc1')).to.include({ status: 0, stdout: 'bmc1: off\n' });
    expect((await imagoctl('power', 'on', 'bmc1')).status).to.equal(0);
    expect((await imagoctl('wait', 'bmc1', '--for', 'running', '--timeout', '30s')).status).to.equal(0);
  });

  it('really reinstalls a running machine', async () => {
    const before = (await bmc.calls()).length;
    const { status, stdout, stderr } = await imagoctl('reinstall', 'bmc1', '--timeout', '60s');
    expect([status, stderr]).to.deep.equal([0, '']);
    expect(stdout).to.match(/boots from the network next\n[^]*power cycle\n[^]*bmc1: is running\n$/);
    expect((await bmc.calls()).slice(before)).to.deep.equal(['set boot pxe', 'set power 0', 'set power 1']);
    const { stdout: history } = await imagoctl('history', 'bmc1');
    expect(
      history.split('\n').filter((line) => line.includes('updated host state to installing')),
    ).to.have.length(2);
    expect(readFileSync(join(lab.folder, 'announced'), 'utf8').trim().split('\n').slice(-4)).to.deep.equal([
      'bmc1 configured',
      'bmc1 installing',
      'bmc1 installed',
      'bmc1 running',
    ]);
  });

  it('B2: knows what it boots with, from what its iPXE said', async () => {
    const { stdout } = await imagoctl('status', 'bmc1');
    expect(stdout).to.match(/^Platform: +bios$/m);
  });

  it('begins a stuck installation again by its power, as often as its budget allows', async () => {
    const before = (await bmc.calls()).length;
    await imagoctl('set', 'bmc1', 'state', 'configured');
    await lab.onServer('curl', '-s', `${SERVER}/first-stage-script/bmc1`);
    await lab.onServer('curl', '-s', '-d', FACTS, `${SERVER}/final-ignition-config.json`);
    await lab.onServer('curl', '-s', '-d', 'no disk', ...PLAIN, `${SERVER}/report/bmc1/failed`);
    expect((await imagoctl('wait', 'bmc1', '--for', 'running', '--timeout', '30s')).status).to.equal(0);
    expect((await bmc.calls()).slice(before)).to.deep.equal(['set boot pxe', 'set power 0', 'set power 1']);
    const { stdout } = await imagoctl('events', 'bmc1');
    expect(stdout).to.contain('stuck: its installer failed: no disk');
    expect(stdout).to.contain('retried: its power was cycled, try 1 of 1');
  });

  it('shows its secrets nowhere: no log, commit, metric, answer, argument or environment', async () => {
    const texts = [
      lab.log(),
      (await lab.git('log', '--all', '-p')).stdout,
      (await lab.git('grep', '-c', '', 'HEAD')).stdout,
      readFileSync(join(lab.folder, 'hook-env'), 'utf8'),
      (await lab.onServer('grep', '-r', '', join(lab.folder, 'var'))).stdout,
    ];
    for (const path of [
      '/metrics',
      '/api/v1/hosts',
      '/api/v1/hosts/bmc1',
      '/api/v1/events',
      '/admin/hosts',
      '/ready',
    ]) {
      texts.push((await lab.onServer('curl', '-s', `${SERVER}${path}`)).stdout);
    }
    texts.push((await imagoctl('power', 'off', 'bmc1')).stdout);
    writeFileSync(join(lab.folder, 'bmc-password'), 'wrong-one');
    const refused = await imagoctl('power', 'on', 'bmc1');
    expect(refused.stderr).to.include('wrong password');
    texts.push(refused.stderr, lab.log());
    expect(texts.join('\n')).not.to.match(new RegExp(`${PASSWORD}|${KEY}|wrong-one`));
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    for (const pid of pids) {
      const [words, environment] = await Promise.all(
        ['cmdline', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
      );
      expect(words).not.to.match(new RegExp(`${PASSWORD}|${KEY}`));
      // The variable that the daemon itself was started with is its own.
      const isOurs = words?.includes('mocha') || words?.includes('bin/imago');
      if (!isOurs) expect(environment).not.to.match(new RegExp(`${PASSWORD}|${KEY}`));
    }
  });

  it('refuses a password that others can read', async () => {
    chmodSync(join(lab.folder, 'bmc-password'), 0o644);
    const { status, stderr } = await imagoctl('power', 'status', 'bmc1');
    expect(status).to.equal(1);
    expect(stderr).to.include('chmod 600');
  });
});
