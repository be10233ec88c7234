import { expect } from 'chai';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { arpReply } from '../support/arp-frames.js';
import { DaemonLab } from '../support/daemon-lab.js';

const URL = 'http://10.75.0.1:4080';
/** For so long a card that took the place of another proves nothing, and a little more. */
const UNSTEADY_MS = 2200;
const SEND = fileURLToPath(new globalThis.URL('support/send-frame.js', import.meta.url));

interface Machine {
  /** Its network namespace. */
  readonly at: string;
  readonly nic: string;
  readonly mac: string;
  readonly address: string;
}

interface Shown {
  readonly state: string;
  readonly address: string;
  readonly cards: readonly string[];
  readonly ipmiAddress?: string;
  readonly versions: Readonly<Record<string, string>>;
}

describe('a machine proves to the daemon which one it is', function () {
  this.timeout(180_000);
  let lab: DaemonLab;
  let a: Machine;
  let b: Machine;
  /** Of the machine `a`, as somebody could have read it on its console: `/m/<token>`. */
  let token: string;

  const lease = async (at: string, nic: string): Promise<string> => {
    const said = await lab.on(at, 'udhcpc', '-i', nic, '-n', '-q', '-f', '-s', '/bin/true');
    const [, address = ''] = /lease of (\S+) obtained/.exec(said.stderr + said.stdout) ?? [];
    expect(address, said.stderr).to.match(/^10\.75\.0\./);
    await lab.on(at, 'ip', 'addr', 'replace', `${address}/24`, 'dev', nic);
    return address;
  };
  const machine = async (at: string, nic = 'eth0'): Promise<Machine> => {
    const mac = (await lab.on(at, 'cat', `/sys/class/net/${nic}/address`)).stdout.trim();
    return { at, nic, mac, address: await lease(at, nic) };
  };
  const ask = async ({ at, address }: Machine, path: string, ...words: string[]) => {
    const options = ['-sS', '-m', '20', '-w', '\n%{http_code}', '--interface', address];
    const { stdout, stderr } = await lab.on(at, 'curl', ...options, ...words, URL + path);
    const [, body = stderr, status = ''] = /^([^]*)\n(\d+)$/.exec(stdout) ?? [];
    return { status: Number(status), body: body || stderr };
  };
  const boot = async (from: Machine, serial: string): Promise<string | undefined> => {
    const { body } = await ask(from, `/ipxe?serial=${serial}&mac=${from.mac}&platform=pcbios`);
    return /http:\/\/10\.75\.0\.1:4080(\/m\/[0-9a-f]{32})\/first-stage-script/.exec(body)?.[1];
  };
  const final = (from: Machine, serial: string, prefix = '', ipmi = '') => {
    const nics = [{ Name: 'eth0', MacAddress: from.mac }];
    const body = JSON.stringify({ Serial: serial, NetDevs: nics, IPMIAddress: ipmi });
    return ask(from, `${prefix}/final-ignition-config.json`, '-d', body);
  };
  const put = (from: Machine, path: string, body = '') => ask(from, path, '-X', 'PUT', '-d', body);
  const host = async (serial: string) => {
    const { stdout } = await lab.onServer('curl', '-s', `${URL}/api/v1/hosts/${serial}`);
    return JSON.parse(stdout) as Shown;
  };
  /** Until the daemon takes the card for the one that has the address to stay. */
  const says = async (from: Machine, address: string): Promise<void> => {
    await lab.on(from.at, process.execPath, SEND, from.nic, arpReply(address, from.mac));
    await pause(UNSTEADY_MS);
  };

  /** All that is a's, by whatever B shows: what it gets and changes is nothing. */
  const getsNothing = async (from: Machine, prefix: string): Promise<void> => {
    const before = await host('node-a');
    const answers = [
      await ask(from, `${prefix}/first-stage-script/node-a`),
      await final(from, 'node-a', prefix, '10.75.0.66'),
      await ask(from, `${prefix}/ignition/node-a`),
      await put(from, `${prefix}/admin/host/node-a/set_installed`),
      await put(from, `${prefix}/admin/host/node-a/boot_complete`, '{"DockerVersion":"6.6.6"}'),
      await ask(from, `${prefix}/report/node-a/done`, '-d', 'all is well'),
    ];
    for (const { status, body } of answers) {
      // 503: its address has just changed cards.
      expect(status, body).to.be.oneOf([403, 409, 503]);
      expect(body).to.match(/refused/);
    }
    expect(await ask(from, `${prefix}/ipxe?serial=node-a&mac=${a.mac}`).then(({ body }) => body)).to.match(
      /has to wait/,
    );
    expect(await host('node-a')).to.deep.equal(before);
  };

  before(async () => {
    lab = await DaemonLab.create('proof');
    await lab.onServer('sysctl', '-qw', 'net.ipv4.neigh.br0.locktime=0');
    await lab.start();
    a = await machine(await lab.machine('a'));
    b = await machine(await lab.machine('b'));
  });
  after(() => lab.remove());

  it('by a token in the URLs of its script; files for everybody go without', async () => {
    const { body } = await ask(a, `/ipxe?serial=node-a&mac=${a.mac}&platform=pcbios`);
    const [, found = ''] =
      /next-script=http:\/\/10\.75\.0\.1:4080(\/m\/[0-9a-f]{32})\/first-stage-script\/node-a\b/.exec(body) ??
      [];
    token = found;
    expect(body).to.include(` mayu=${URL}${token} `).and.to.include(`${URL}/images/node-a/vmlinuz`);
  });

  it('that is the same where the answer was lost, and another one at the next boot', async () => {
    expect(await boot(a, 'node-a')).to.equal(token);
    const script = await ask(a, `${token}/first-stage-script/node-a`);
    expect(script.status).to.equal(200);
    expect(script.body).to.include(`installed_url='${URL}${token}/admin/host/node-a/set_installed'`);
    const next = await boot(a, 'node-a');
    expect(next)
      .to.match(/^\/m\//)
      .and.not.equal(token);
    token = next ?? '';
  });

  it('and another machine gets and changes nothing under its serial, with its MAC as a word', async () => {
    await getsNothing(b, '');
  });

  it('nor where it replays a URL of its, once that was used', async () => {
    expect((await final(a, 'node-a', token, '10.75.0.201')).status).to.equal(200);
    await getsNothing(b, token);
    expect(await host('node-a')).to.include({ state: 'installing', ipmiAddress: '10.75.0.201' });
  });

  it('nor from its address with forged ARP, whether it has a URL of its or not', async () => {
    await lab.on(b.at, 'ip', 'addr', 'add', `${a.address}/24`, 'dev', 'eth0');
    const spoofed = { ...b, address: a.address };
    await says(b, a.address);
    await getsNothing(spoofed, token);
    await getsNothing(spoofed, '');
    await lab.on(b.at, 'ip', 'addr', 'del', `${a.address}/24`, 'dev', 'eth0');
    const { stdout } = await lab.onServer('curl', '-s', `${URL}/ready`);
    expect(stdout).to.include('PROOF_MISSING').and.to.include(`network card that answers there is ${b.mac}`);
    const { stdout: refused } = await lab.onServer('curl', '-s', `${URL}/api/v1/refusals`);
    expect(JSON.parse(refused)).to.have.nested.property('refusals[0].reason', 'machine-proof');
    expect(refused).to.include(`"address":"${a.address}"`);
    expect(refused).to.include('"path":"/m/…/report/node-a/done"');
    expect(refused).to.not.include(token);
    const metrics = (await lab.onServer('curl', '-s', `${URL}/metrics`)).stdout;
    expect(metrics).to.match(/imago_machines_unproven_total\{reason="neighbour",outcome="refused"\} [1-9]/);
    await says(a, a.address);
    expect((await ask(a, `${token}/report/node-a/download`, '-d', 'goes on')).status).to.be.oneOf([200, 204]);
  });

  it('still after a SIGKILL in the middle of its installation', async () => {
    await lab.stop('SIGKILL');
    await lab.start();
    await getsNothing(b, token);
    expect((await put(a, `${token}/admin/host/node-a/set_installed`)).status).to.equal(202);
    expect(await host('node-a')).to.include({ state: 'installed' });
  });

  it('then by the address that its system has set; nobody else says that it runs, or what', async () => {
    const { address } = await host('node-a');
    await lab.on(a.at, 'ip', 'addr', 'flush', 'dev', 'eth0');
    await lab.on(a.at, 'ip', 'addr', 'add', `${address}/24`, 'dev', 'eth0');
    const system = { ...a, address };
    const versions = '{"DockerVersion":"1.6.2"}';
    expect((await put(system, `${token}/admin/host/node-a/boot_complete`, versions)).status).to.equal(202);
    expect(await host('node-a')).to.deep.include({ state: 'running', versions: { docker: '1.6.2' } });
    await getsNothing(b, token);
    await lab.on(b.at, 'ip', 'addr', 'add', `${address}/24`, 'dev', 'eth0');
    await says(b, address);
    await getsNothing({ ...b, address }, token);
    await lab.on(b.at, 'ip', 'addr', 'del', `${address}/24`, 'dev', 'eth0');
    await says(system, address);
    expect((await put(system, '/admin/host/node-a/boot_complete', versions)).status).to.equal(202);
  });

  it('a machine of several cards installs though its installer asks by another one than its iPXE', async () => {
    const at = await lab.machine('c');
    await lab.wire('eth1', at, 'p-c1');
    await lab.wire('eth2', at, 'p-c2');
    const first = await machine(at);
    const own = (await boot(first, 'node-c')) ?? '';
    await lab.on(at, 'ip', 'link', 'set', 'eth0', 'down');
    const second = await machine(at, 'eth1');
    expect((await ask(second, '/first-stage-script/node-c')).status, 'without its token').to.equal(409);
    expect((await ask(second, `${own}/first-stage-script/node-c`)).status).to.equal(200);
    expect((await final(second, 'node-c', own)).status).to.equal(200);
    expect((await host('node-c')).cards).to.deep.equal([first.mac, second.mac]);
    await lab.stop('SIGKILL');
    await lab.start();
    await lab.on(at, 'ip', 'link', 'set', 'eth1', 'down');
    const third = await machine(at, 'eth2');
    expect((await put(third, `${own}/admin/host/node-c/set_installed`)).status, 'once is enough').to.equal(
      409,
    );
    await lab.on(at, 'ip', 'link', 'set', 'eth2', 'down');
    await lab.on(at, 'ip', 'link', 'set', 'eth1', 'up');
    await lab.on(at, 'ip', 'addr', 'replace', `${second.address}/24`, 'dev', 'eth1');
    await says(second, second.address);
    expect((await put(second, `${own}/admin/host/node-c/set_installed`)).status).to.equal(202);
  });

  it('a host that is retired has no token any more', async () => {
    const d = await machine(await lab.machine('d'));
    const own = (await boot(d, 'node-d')) ?? '';
    await lab.onServer('curl', '-s', '-X', 'DELETE', `${URL}/api/v1/hosts/node-d`);
    expect((await put(d, `${own}/admin/host/node-d/set_installed`)).body).to.include('there is no host');
    const kept = (await lab.onServer('cat', `${lab.folder}/var/capabilities.jsonl`)).stdout;
    expect(kept.trim().split('\n').at(-1)).to.equal('{"serial":"node-d"}');
  });

  it('and no token is in a log, in the history, in a metric, or on disk', async () => {
    const secret = token.slice('/m/'.length);
    expect(secret).to.match(/^[0-9a-f]{32}$/);
    expect(lab.log()).to.include('"path":"/m/…/first-stage-script/node-a"');
    expect(lab.log()).to.not.include(secret);
    const history = (await lab.git('log', '-p', '--all')).stdout;
    expect(history).to.include('node-a: updated state to running');
    expect(history).to.not.include(secret);
    const metrics = (await lab.onServer('curl', '-s', `${URL}/metrics`)).stdout;
    expect(metrics).to.not.include(secret);
    const found = await lab.onServer('grep', '-rl', secret, `${lab.folder}/var`, `${lab.folder}/clusters`);
    expect(found.stdout).to.equal('');
    const { stdout } = await lab.onServer('stat', '-c', '%a', `${lab.folder}/var/capabilities.jsonl`);
    expect(stdout.trim()).to.equal('600');
  });

  it('with `log` who cannot is told of, and let pass', async () => {
    await lab.stop();
    lab.configure((text) =>
      text.replace('mode: server', 'mode: proxy').replace('level: info', 'level: debug'),
    );
    await lab.start();
    const { address } = await host('node-a');
    await lab.on(a.at, 'ip', 'link', 'set', 'eth0', 'down');
    await lab.on(b.at, 'ip', 'addr', 'add', `${address}/24`, 'dev', 'eth0');
    await says(b, address);
    const said = await put(
      { ...b, address },
      '/admin/host/node-a/boot_complete',
      '{"DockerVersion":"6.6.6"}',
    );
    expect(said.status, JSON.stringify(said)).to.equal(202);
    expect((await host('node-a')).versions, 'a stranger’s word').to.deep.equal({ docker: '1.6.2' });
    expect(lab.log()).to.include('"code":"PROOF_MISSING"');
    const metrics = (await lab.onServer('curl', '-s', `${URL}/metrics`)).stdout;
    expect(metrics).to.match(/imago_machines_unproven_total\{reason="neighbour",outcome="passed"\} [1-9]/);
  });
});
