import { spawn, type ChildProcess } from 'node:child_process';
import { expect } from 'chai';
import { DaemonLab } from '../support/daemon-lab.js';
import { untilTrue } from '../support/cluster-folder.js';

/** By c-ares, as Node has it. */
const RESOLVE = `
const { Resolver } = require('node:dns').promises;
const resolver = new Resolver({ tries: 1, timeout: 3000 });
resolver.setServers(['10.75.0.1']);
Promise.all([
  resolver.resolve4('web-7'),
  resolver.resolve4('web-7.sandbox.test'),
  resolver.reverse('10.75.0.77'),
  resolver.resolve4('www.example.net'),
  resolver.resolveTxt('large.example.net'),
  resolver.resolve4('nobody').catch(({ code }) => code),
]).then((all) => console.log(JSON.stringify(all.map(String))));
`;

describe('DNS for machines', function () {
  this.timeout(60_000);
  let lab: DaemonLab;
  let elsewhere: ChildProcess;
  const long = 'x'.repeat(250);

  before(async () => {
    lab = await DaemonLab.create('dns');
    const serve = [
      '--port=5300',
      '--listen-address=127.0.0.1',
      '--bind-interfaces',
      '--no-resolv',
      '--no-hosts',
    ];
    const records = [
      '--host-record=www.example.net,192.0.2.7',
      `--txt-record=large.example.net,${Array.from({ length: 9 }, () => long).join(',')}`,
    ];
    elsewhere = spawn('ip', [
      'netns',
      'exec',
      lab.server,
      'dnsmasq',
      '--keep-in-foreground',
      '--pid-file',
      ...serve,
      ...records,
    ]);
    lab.configure((text) => `${text}\ndns: { enabled: true, upstreams: [127.0.0.1], upstreamPort: 5300 }\n`);
    await lab.onServer('ip', 'link', 'set', 'lo', 'up');
    await lab.onClient('ip', 'addr', 'add', '10.75.0.150/24', 'dev', 'eth0');
    await lab.start();
  });
  after(async () => {
    elsewhere.kill();
    await lab.remove();
  });

  it('Y12: knows hosts from the moment that they are there, and asks a dnsmasq for the rest, by UDP and TCP', async () => {
    await lab.onServer(
      'curl',
      '-sS',
      '-f',
      '-X',
      'POST',
      '-H',
      'content-type: application/json',
      '--data',
      '{"serial":"web7","hostname":"web-7","address":"10.75.0.77"}',
      'http://10.75.0.1:4080/api/v1/hosts',
    );
    await untilTrue(async () => (await lab.onServer('ss', '-lun')).stdout.includes('127.0.0.1:5300'));
    const { stdout, stderr } = await lab.onClient(process.execPath, '-e', RESOLVE);
    expect(stderr).to.equal('');
    expect(JSON.parse(stdout)).to.deep.equal([
      '10.75.0.77',
      '10.75.0.77',
      'web-7.sandbox.test',
      '192.0.2.7',
      Array.from({ length: 9 }, () => long).join(','),
      'ENOTFOUND',
    ]);
  });

  it('Y12: counts what it answers', async () => {
    const { stdout } = await lab.onServer('curl', '-sS', 'http://10.75.0.1:4080/metrics');
    expect(stdout).to.match(/imago_dns_questions_total\{outcome="own"\} 4/);
    expect(stdout).to.match(/imago_dns_questions_total\{outcome="forwarded"\} 3/);
    expect(stdout).to.match(/imago_dns_outstanding 0/);
  });
});
