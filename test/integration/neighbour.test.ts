import { expect } from 'chai';
import { once } from 'node:events';
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { arpReply } from '../support/arp-frames.js';
import { DaemonLab } from '../support/daemon-lab.js';

const LOOK = fileURLToPath(new URL('support/neighbour-look.js', import.meta.url));
const SEND = fileURLToPath(new URL('support/send-frame.js', import.meta.url));
const A = '10.75.0.21';
const SILENT = '10.75.0.99';

describe('the network card that the kernel has for an address', function () {
  this.timeout(60_000);
  let lab: DaemonLab;
  let a: string;
  let b: string;
  let looking: ChildProcess;
  let answers: AsyncIterator<string>;

  const macOf = async (namespace: string): Promise<string> =>
    (await lab.on(namespace, 'cat', '/sys/class/net/eth0/address')).stdout.trim();
  const look = async (since: number | '' = ''): Promise<unknown> => {
    looking.stdin?.write(`${since}\n`);
    return JSON.parse((await answers.next()).value ?? 'null');
  };
  const steadySince = async (since: number) => (await look(since)) as { steady: boolean }[];

  before(async () => {
    lab = await DaemonLab.create('neighbour');
    a = await lab.machine('a');
    b = await lab.machine('b');
    await lab.on(a, 'ip', 'addr', 'add', `${A}/24`, 'dev', 'eth0');
    await lab.on(b, 'ip', 'addr', 'add', '10.75.0.22/24', 'dev', 'eth0');
    const command = [process.execPath, LOOK, 'br0', A, SILENT, '192.0.2.1', '127.0.0.1'];
    looking = spawn('ip', ['netns', 'exec', lab.server, ...command], { stdio: ['pipe', 'pipe', 'inherit'] });
    if (!looking.stdout) throw new Error('no output');
    answers = createInterface({ input: looking.stdout })[Symbol.asyncIterator]();
  });
  after(async () => {
    const ended = once(looking, 'exit');
    looking.stdin?.end();
    await ended;
    await lab.remove();
  });

  const none = { kernel: null, list: null };

  it('is not known before anybody spoke', async () => {
    expect(await look()).to.deep.equal([none, none, none, none]);
  });

  it('is the one that answered; of an address where nobody is, and of one that is not on the link, there is none', async () => {
    await lab.onServer('curl', '-s', '--max-time', '1', `http://${A}:1/`, `http://${SILENT}:1/`);
    const mac = await macOf(a);
    expect(await look()).to.deep.equal([{ kernel: mac, list: mac }, none, none, none]);
  });

  it('is that of a forger, once the kernel believes him', async () => {
    const forged = await macOf(b);
    // The kernel takes no second answer within a second of the first (locktime); the forger keeps at it.
    await lab.onServer('sysctl', '-qw', 'net.ipv4.neigh.br0.locktime=0');
    await lab.on(b, process.execPath, SEND, 'eth0', arpReply(A, forged));
    expect(await look()).to.deep.equal([{ kernel: forged, list: forged }, none, none, none]);
  });

  it('is known to have been another one meanwhile, though it is the right one before and after', async () => {
    const before = Date.now();
    for (const mac of [await macOf(a), await macOf(b), await macOf(a)])
      await lab.on(b, process.execPath, SEND, 'eth0', arpReply(A, mac));
    const mac = await macOf(a);
    const [seen, silent] = await steadySince(before);
    expect(seen).to.deep.equal({ kernel: mac, list: mac, steady: false });
    expect(silent).to.deep.equal({ ...none, steady: true });
    expect((await steadySince(Date.now() + 1))[0]?.steady).to.equal(true);
  });

  it('is what `ip neigh` says, also where an operator wrote it down', async () => {
    await lab.onServer(
      'ip',
      'neigh',
      'replace',
      A,
      'lladdr',
      '52:54:00:aa:bb:cc',
      'dev',
      'br0',
      'nud',
      'permanent',
    );
    const { stdout } = await lab.onServer('ip', '-j', 'neigh', 'show', 'dev', 'br0', A);
    expect(stdout).to.include('52:54:00:aa:bb:cc');
    const mac = '52:54:00:aa:bb:cc';
    expect(await look()).to.deep.equal([{ kernel: mac, list: mac }, none, none, none]);
    await lab.onServer('ip', 'neigh', 'del', A, 'dev', 'br0');
    expect(await look()).to.deep.equal([none, none, none, none]);
  });
});
