import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { DaemonLab } from '../support/daemon-lab.js';

const RACK = resolve('dist/test/support/boot-rack.js');
const HOSTILE = resolve('dist/test/support/hostile-clients.js');
const URL = 'http://10.75.0.1:4080';
const MACHINES = 5;
const MOST_MEMORY = 400;

const kinds = [
  'pipeline',
  'pipeline-of-ten',
  'stopped',
  'idle',
  'idle-of-many',
  'half-headers',
  'slow-bodies',
  'uploads',
];

describe('machines boot while clients hold what they can', function () {
  this.timeout(120_000);
  let lab: DaemonLab;
  let descriptors: number;
  const open = () => readdirSync(`/proc/${lab.pid}/fd`).length;
  const mebibytes = () =>
    Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${lab.pid}/status`, 'utf8'))?.[1]) / 1024;

  before(async () => {
    lab = await DaemonLab.create('hostile');
    appendFileSync(lab.configFile, 'newHosts: { perAddressPerHour: 0, requireLease: false }\n');
    const image = join(lab.folder, 'images/sandbox/large.bin');
    writeFileSync(image, '');
    truncateSync(image, 200_000_000);
    await lab.start();
    for (let host = 200; host < 251; host += 1)
      await lab.onClient('ip', 'addr', 'add', `10.75.0.${host}/24`, 'dev', 'eth0');
    await lab.onClient('ip', 'route', 'change', '10.75.0.0/24', 'dev', 'eth0', 'src', '10.75.0.250');
    await lab.onClient(process.execPath, RACK, URL, '1', '100');
    // The threads that send images begin with the first two, and have descriptors of their own.
    const download = `${URL}/images/large.bin`;
    await Promise.all([download, download].map((url) => lab.onClient('curl', '-s', '-o', '/dev/null', url)));
    descriptors = open();
  });
  after(() => lab.remove());

  for (const [index, kind] of kinds.entries()) {
    it(`A1, A2, held: ${kind}`, async () => {
      const hostile = spawn('ip', ['netns', 'exec', lab.client, process.execPath, HOSTILE, URL, kind], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      await once(hostile.stdout, 'data');
      const held = { open: open(), mebibytes: mebibytes() };
      const rack = await lab.onClient(
        process.execPath,
        RACK,
        URL,
        String(MACHINES),
        String(index * MACHINES),
      );
      const after = mebibytes();
      hostile.stdin.end();
      await once(hostile, 'exit');
      if (process.env['IMAGO_TEST_FIGURES']) console.log(kind, held, after);
      expect([rack.status, rack.stdout, rack.stderr]).to.deep.equal([0, '', '']);
      expect(Math.max(held.mebibytes, after)).to.be.below(MOST_MEMORY);
      while (open() > descriptors + 5) await pause(20);
    });
  }

  it('told each bound that was met', async () => {
    const { stdout } = await lab.onServer('curl', '-s', `${URL}/metrics`);
    for (const limit of [
      'http-connections',
      'http-connections-per-address',
      'http-waiting-requests',
      'http-answers',
      'http-answers-per-address',
      'http-bodies',
    ])
      expect(stdout, limit).to.match(
        new RegExp(`^imago_limit_reached_total\\{limit="${limit}"\\} [1-9]`, 'm'),
      );
  });
});
