import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DaemonLab } from '../../test/support/daemon-lab.js';
import { run } from '../../sandbox/process.js';
import type { Lives } from './machines.js';
import type { SiegeSize } from './sizes.js';

const SERVER = '10.75.0.1';
const PORT = '4080';
/** Of the attackers, outside of all ranges. */
const ATTACKERS = Array.from({ length: 10 }, (_, index) => `10.75.200.${index + 1}`);
const LARGE_IMAGE = 64 * 1024 * 1024;
const LOOK_MS = 200;
/** Longer than imago waits for the rest of a request. */
const HELD_MS = 15_000;
/** The longest until what the attackers held is let go of. */
const SETTLE_MS = 20_000;
/** Descriptors that may come and go with what imago does by itself, and those of the two threads that send files, which start with the first of them. */
export const SPARE = 13;

export interface SiegeReport {
  readonly lives: Lives;
  /** In MiB: the most that imago had in memory. */
  readonly peakMebibytes: number;
  readonly descriptors: { readonly before: number; readonly most: number; readonly after: number };
  /** How often each bound was met; those that nobody met are left out. */
  readonly limits: Readonly<Record<string, number>>;
  /** Of metrics: what strangers choose is no label of any. */
  readonly series: { readonly before: number; readonly after: number };
  readonly commits: number;
  readonly logLines: number;
  /** The messages that the log has most often. */
  readonly loudest: Readonly<Record<string, number>>;
  /** What the attackers said they did. */
  readonly attacks: readonly string[];
}

/** The real daemon in a namespace, with the shipped configuration on a larger network, under all attacks at once while machines are installed. */
export async function siege(size: SiegeSize, tell: (line: string) => void): Promise<SiegeReport> {
  const lab = await DaemonLab.create('siege');
  try {
    await prepare(lab);
    await lab.start();
    const token = await tokenOfViewer(lab);
    const watched = watch(lab.pid ?? 0);
    const seriesBefore = seriesIn(await bySocket(lab, '/metrics'));
    const before = descriptorsOf(lab.pid ?? 0);
    const attackers = play(lab, 'attacks.js', [SERVER, PORT, JSON.stringify(size), token, ...ATTACKERS]);
    const attacks: string[] = [];
    attackers.stdout.setEncoding('utf8').on('data', (said: string) => {
      attacks.push(...said.trim().split('\n'));
      tell(said.trim());
    });
    await until(() => attacks.includes('held') || attackers.exitCode !== null);
    const heldUntil = Date.now() + HELD_MS;
    const machines = play(lab, 'machines.js', [SERVER, PORT, String(size.machines)]);
    const lives = JSON.parse(await text(machines.stdout)) as Lives;
    tell(`${lives.through} of ${size.machines} machines came through`);
    await until(() => (attacks.includes('done') && Date.now() > heldUntil) || attackers.exitCode !== null);
    attackers.stdin.end();
    const deadline = Date.now() + SETTLE_MS;
    await until(() => descriptorsOf(lab.pid ?? 0) <= before + SPARE || Date.now() > deadline);
    const after = descriptorsOf(lab.pid ?? 0);
    const metrics = await bySocket(lab, '/metrics');
    const commits = Number((await lab.git('rev-list', '--count', 'HEAD')).stdout);
    return {
      lives,
      peakMebibytes: Math.round(watched.end().peakKibibytes / 1024),
      descriptors: { before, most: watched.end().mostDescriptors, after },
      limits: limitsIn(metrics),
      series: { before: seriesBefore, after: seriesIn(metrics) },
      commits,
      ...heard(lab.log()),
      attacks: attacks.filter((line) => line.includes(': ')),
    };
  } finally {
    await lab.remove();
  }
}

/** As an operator on the server. */
async function bySocket(lab: DaemonLab, path: string, body?: object): Promise<string> {
  const words =
    body === undefined ? [] : ['-H', 'content-type: application/json', '-d', JSON.stringify(body)];
  const socket = join(lab.folder, 'var/admin.sock');
  return (await lab.onServer('curl', '-s', '--unix-socket', socket, ...words, `http://localhost${path}`))
    .stdout;
}

async function tokenOfViewer(lab: DaemonLab): Promise<string> {
  const answer = await bySocket(lab, '/api/v1/tokens', { name: 'stranger', role: 'viewer' });
  return (JSON.parse(answer) as { readonly token: string }).token;
}

async function prepare(lab: DaemonLab): Promise<void> {
  truncateSync(join(lab.folder, 'images/sandbox/vmlinuz'), LARGE_IMAGE);
  lab.configure((configuration) =>
    configuration
      .replace('\n  admin: { trusted: true }', '')
      .replace('subnet: 10.75.0.0/24', 'subnet: 10.75.0.0/16')
      .replace('10.75.0.100, last: 10.75.0.199', '10.75.4.0, last: 10.75.7.255')
      .replace('10.75.0.10, last: 10.75.0.99', '10.75.8.0, last: 10.75.9.255'),
  );
  await run('ip', '-n', lab.server, 'addr', 'replace', `${SERVER}/16`, 'dev', 'br0');
  await run('ip', '-n', lab.server, 'addr', 'del', `${SERVER}/24`, 'dev', 'br0');
  for (const address of ATTACKERS)
    await run('ip', '-n', lab.client, 'addr', 'add', `${address}/16`, 'dev', 'eth0');
  // Only the card that has an address answers for it, as if each machine were one.
  for (const setting of ['arp_ignore=1', 'arp_announce=2'])
    await run('ip', 'netns', 'exec', lab.client, 'sysctl', '-qw', `net.ipv4.conf.all.${setting}`);
  await run('ip', '-n', lab.client, 'route', 'add', '255.255.255.255', 'dev', 'eth0');
}

function play(
  lab: DaemonLab,
  program: string,
  words: readonly string[],
): ChildProcessByStdio<Writable, Readable, null> {
  const path = fileURLToPath(new URL(program, import.meta.url));
  return spawn('ip', ['netns', 'exec', lab.client, process.execPath, path, ...words], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await pause(LOOK_MS);
}

function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Looks at the daemon as the system sees it. */
function watch(pid: number) {
  let mostDescriptors = 0;
  const look = setInterval(() => {
    mostDescriptors = Math.max(mostDescriptors, descriptorsOf(pid));
  }, LOOK_MS);
  return {
    end() {
      clearInterval(look);
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return { mostDescriptors, peakKibibytes: Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) };
    },
  };
}

function heard(log: string): Pick<SiegeReport, 'logLines' | 'loudest'> {
  const lines = log.trim().split('\n');
  const counts = new Map<string, number>();
  for (const line of lines) {
    const message = /"msg":"([^"]{0,60})/.exec(line)?.[1] ?? line.slice(0, 60);
    counts.set(message, (counts.get(message) ?? 0) + 1);
  }
  const loudest = [...counts].sort(([, a], [, b]) => b - a).slice(0, 8);
  return { logLines: lines.length, loudest: Object.fromEntries(loudest) };
}

function seriesIn(metrics: string): number {
  return metrics.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
}

const COUNTERS =
  /^imago_(?:limit_reached_total\{limit="([^"]+)"\}|machines_turned_away_total\{reason="([^"]+)"\}|(tftp_refused_total)[^ ]*|etcd_refusals_total\{reason="([^"]+)"\}) (\d+)$/gm;

function limitsIn(metrics: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [, limit, turnedAway, tftp, etcd, count] of metrics.matchAll(COUNTERS)) {
    const name = limit ?? (turnedAway && `new host: ${turnedAway}`) ?? tftp ?? `etcd: ${etcd}`;
    if (Number(count) > 0) counts[name] = (counts[name] ?? 0) + Number(count);
  }
  return counts;
}
