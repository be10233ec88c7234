import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { DaemonLab } from '../support/daemon-lab.js';

const RACK = resolve('dist/test/support/boot-rack.js');
const HOSTILE = resolve('dist/test/support/hostile-tls.js');
const MACHINES = 'http://10.75.0.1:4080';
const OPERATORS = '10.75.0.1:4443';
const MOST_MEMORY = 400;

const kinds = ['secured', 'silent', 'half-a-hello', 'in-plain-text', 'half-headers', 'handshakes'];

describe('machines boot, and operators are answered, while others hold what TLS lets them', function () {
  this.timeout(120_000);
  let lab: DaemonLab;
  let descriptors: number;
  const ca = () => join(lab.folder, 'var/ca/ca.crt');
  const open = () => readdirSync(`/proc/${lab.pid}/fd`).length;
  const mebibytes = () =>
    Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${lab.pid}/status`, 'utf8'))?.[1]) / 1024;

  before(async () => {
    lab = await DaemonLab.create('htls');
    lab.configure((text) => text.replace('{ trusted: true }', '{}'));
    appendFileSync(lab.configFile, 'newHosts: { perAddressPerHour: 0, requireLease: false }\n');
    await lab.start();
    for (let host = 200; host < 251; host += 1)
      await lab.onClient('ip', 'addr', 'add', `10.75.0.${host}/24`, 'dev', 'eth0');
    await lab.onClient('ip', 'route', 'change', '10.75.0.0/24', 'dev', 'eth0', 'src', '10.75.0.250');
    await lab.onClient(process.execPath, RACK, MACHINES, '1', '100');
    descriptors = open();
  });
  after(() => lab.remove());

  for (const [index, kind] of kinds.entries()) {
    it(kind, async () => {
      const words = ['netns', 'exec', lab.client, process.execPath, HOSTILE, OPERATORS, kind, ca()];
      const hostile = spawn('ip', words, { stdio: ['pipe', 'pipe', 'inherit'] });
      await once(hostile.stdout, 'data');
      const held = { open: open(), mebibytes: mebibytes() };
      const from = performance.now();
      const rack = await lab.onClient(process.execPath, RACK, MACHINES, '5', String(index * 5));
      const booted = performance.now();
      const operator = await lab.onClient('curl', '-s', '--cacert', ca(), `https://${OPERATORS}/ready`);
      const told = performance.now();
      const after = mebibytes();
      hostile.stdin.end();
      await once(hostile, 'exit');
      if (process.env['IMAGO_TEST_FIGURES']) console.log(kind, held, after, booted - from, told - booted);
      expect([rack.status, rack.stdout, rack.stderr]).to.deep.equal([0, '', '']);
      expect(operator.stdout, operator.stderr).to.include('"ready":true');
      expect(Math.max(held.mebibytes, after)).to.be.below(MOST_MEMORY);
      while (open() > descriptors + 5) await pause(20);
    });
  }

  it('told each bound that was met', async () => {
    const socket = join(lab.folder, 'var/admin.sock');
    const reached = async (limit: string) => {
      const { stdout } = await lab.onServer(
        'curl',
        '-s',
        '--unix-socket',
        socket,
        'http://localhost/metrics',
      );
      return new RegExp(`^imago_limit_reached_total\\{limit="${limit}"\\} [1-9]`, 'm').test(stdout);
    };
    // How many handshakes a machine of few processors makes in a second nobody knows: they go on until that is too many.
    const words = ['netns', 'exec', lab.client, process.execPath, HOSTILE, OPERATORS, 'handshakes', ca()];
    const hostile = spawn('ip', words, { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      for (const limit of ['https-handshakes', 'https-handshake-rate']) {
        for (let tries = 0; tries < 300 && !(await reached(limit)); tries += 1) await pause(200);
        expect(await reached(limit), limit).to.equal(true);
      }
    } finally {
      hostile.stdin.end();
      await once(hostile, 'exit');
    }
  });
});
