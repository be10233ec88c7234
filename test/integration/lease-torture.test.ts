import { expect } from 'chai';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { DhcpSettings } from '../../src/dhcp/policy/settings.js';
import { LeaseJournal } from '../../src/dhcp/lease-journal.js';
import { formatIpv4, parseIpv4 } from '../../src/net/ipv4.js';
import { PowerCutDisk } from '../support/power-cut-disk.js';
import { provisioning, settings } from '../unit/dhcp/policy/dhcp-world.js';
import { DhcpLab } from './dhcp-lab.js';

/** `npm run torture` asks for the full counts, `./bin/test` takes a few of each. */
const kills = Number(process.env['IMAGO_TORTURE_KILLS'] ?? 3);
const cuts = Number(process.env['IMAGO_TORTURE_CUTS'] ?? 3);
const LONGEST_STORM_MS = 1000;
const STORM = fileURLToPath(new URL('../support/lease-storm.js', import.meta.url));
const RELAY = '10.75.0.2';

const wide: DhcpSettings = {
  ...settings,
  subnets: [
    {
      ...provisioning,
      subnet: { network: provisioning.subnet.network, prefixLength: 16 },
      pool: { first: parseIpv4('10.75.1.0'), last: parseIpv4('10.75.50.255') },
      leaseSeconds: 3600,
    },
  ],
  hostRange: { first: parseIpv4('10.75.200.0'), last: parseIpv4('10.75.200.255') },
};

/** What machines were told, by address: whose it is and until when at least. */
type Acknowledged = Map<string, { readonly mac: string; readonly until: number }>;

describe('leases in the middle of a storm', function () {
  this.timeout(60_000 + (kills + cuts) * 15_000);
  let disk: PowerCutDisk;
  let lab: DhcpLab;
  let journalPath: string;
  let acknowledged: Acknowledged;
  let answers: number;
  let answered: EventEmitter;

  beforeEach(async () => {
    disk = new PowerCutDisk('leases');
    journalPath = join(disk.folder, 'leases.jsonl');
    lab = new DhcpLab('storm', 16);
    await lab.onClient('ip', 'addr', 'add', `${RELAY}/16`, 'dev', 'eth0');
    acknowledged = new Map();
    answers = 0;
    answered = new EventEmitter();
  });
  afterEach(async () => {
    await lab.remove();
    disk.remove();
  });

  function startStorm(): void {
    const storm = lab.start(lab.client, process.execPath, STORM, RELAY, formatIpv4(wide.serverAddress));
    if (storm.stdout === null) throw new Error('the storm has no output');
    createInterface(storm.stdout).on('line', (line) => {
      const [address = '', mac = '', until = ''] = line.split(' ');
      acknowledged.set(address, { mac, until: Number(until) });
      answers += 1;
      if (answers % 100 === 0) answered.emit('hundred');
    });
  }

  it(`are all there after a kill -9, ${kills} times`, async () => {
    startStorm();
    for (let kill = 1; kill <= kills; kill += 1) {
      const { process: daemon } = await lab.daemon(wide, { journalPath, verbose: false });
      await once(answered, 'hundred');
      await pause(Math.random() * LONGEST_STORM_MS);
      daemon.kill('SIGKILL');
      await once(daemon, 'exit');
      await expectAll(journalPath, acknowledged);
    }
    report(`${kills} kills, ${answers} leases acknowledged`);
  });

  it(`are all there after a power cut, ${cuts} times`, async () => {
    await lab.daemon(wide, { journalPath, verbose: false });
    startStorm();
    const started = performance.now();
    for (let cut = 1; cut <= cuts; cut += 1) {
      await once(answered, 'hundred');
      await pause(Math.random() * LONGEST_STORM_MS);
      const told = new Map(acknowledged);
      await disk.cut((folder) => expectAll(join(folder, 'leases.jsonl'), told));
    }
    const perSecond = Math.round((answers * 1000) / (performance.now() - started));
    report(`${cuts} power cuts, ${answers} leases acknowledged, ${perSecond}/s`);
  });
});

/** Whose it is and for how long, of every address that was acknowledged; at most the last line was cut. */
async function expectAll(path: string, acknowledged: Acknowledged): Promise<void> {
  const { leases, damagedLines } = await LeaseJournal.load(path);
  expect(damagedLines).to.be.at.most(1);
  const kept = new Map(leases.map((lease) => [formatIpv4(lease.address), lease]));
  const lost = [...acknowledged].filter(([address, { mac, until }]) => {
    const lease = kept.get(address);
    return lease?.mac !== mac || lease.state !== 'bound' || lease.expiresAt < until;
  });
  expect(lost).to.deep.equal([]);
}

function report(figures: string): void {
  if (process.env['IMAGO_TORTURE_KILLS']) process.stdout.write(`    ${figures}\n`);
}
