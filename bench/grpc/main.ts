import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { CertificateAuthority } from '../../test/support/certificates.js';
import { freePort, HOST, ImagoProcess } from '../storm/imago-process.js';
import type { LoadResult } from './load.js';

/**
 * Groups put by gRPC into a daemon that keeps records: each put is durable and a commit of its own before it is answered, signed with
 * the name of the caller's certificate. Mutual TLS; the caller is a process beside the daemon, on the same cores.
 */
const { values } = parseArgs({
  options: {
    puts: { type: 'string', default: '3000' },
    'at-once': { type: 'string', default: '64' },
    connections: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '5' },
    profile: { type: 'string' },
    least: { type: 'string' },
  },
});
const [puts, rounds] = [values.puts, values.rounds].map(Number) as [number, number];
const LOAD = new URL('./load.js', import.meta.url).pathname;
const RECORDS = new URL('../records.js', import.meta.url).pathname;
const WARM_UP = 1000;
const CALLER = 'terraform';

const cache = resolve('.cache/grpc');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'run-'));
const ca = CertificateAuthority.create();
const port = await freePort();
const { certificate, key } = ca.server(HOST);
const imago = await ImagoProcess.prepare(folder, undefined, {
  matchbox: { records: true },
  listeners: {
    matchbox: { port: await freePort(), grpc: { port, certificate, key, clientCa: ca.certificate } },
  },
});
const client = ca.client(`/CN=${CALLER}`);

async function load(first: number, count: number): Promise<LoadResult> {
  const options = {
    host: HOST,
    port,
    ca: ca.certificate,
    ...client,
    first,
    puts: count,
    'at-once': values['at-once'],
    connections: values.connections,
  };
  const argv = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { stdout } = await promisify(execFile)(process.execPath, [LOAD, ...argv], { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as LoadResult;
}

/** The same number of records, as many at once, put into a store without a daemon around it: what the disk and Git allow. */
async function storeAlone(): Promise<number> {
  const argv = [
    RECORDS,
    '--held',
    '0',
    '--rounds',
    '1',
    '--puts',
    String(puts),
    '--concurrent',
    values['at-once'],
  ];
  const { stdout } = await promisify(execFile)(process.execPath, argv);
  return Number(/held: (\d+) puts/.exec(stdout)?.[1]);
}

function medianOf(found: readonly number[]): number {
  return found.toSorted((a, b) => a - b)[Math.floor((found.length - 1) / 2)] ?? 0;
}

function commitsBy(author: string): number {
  return Number(git('rev-list', '--count', `--author=^${author} <`, 'main'));
}

function git(...words: string[]): string {
  return execFileSync('git', ['-C', imago.cluster, ...words], { encoding: 'utf8', maxBuffer: 2 ** 26 });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  await imago.start({ hasGit: true, profileInto: values.profile });
  await load(0, WARM_UP);
  const rates: number[] = [];
  const ofStore: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = commitsBy(CALLER);
    const cpuBefore = imago.cpu();
    const { seconds, waits, failures, cpuSeconds } = await load(WARM_UP + round * puts, puts);
    const cpu = imago.cpu();
    if (failures.length > 0) throw new Error(`puts failed: ${failures.join('; ')}`);
    const commits = commitsBy(CALLER) - before;
    if (commits !== puts) throw new Error(`${puts} puts made ${commits} commits`);
    const sorted = waits.toSorted((a, b) => a - b);
    const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1);
    rates.push(puts / seconds);
    ofStore.push(await storeAlone());
    const perPut = (spent: number) => `${((spent * 1000) / puts).toFixed(2)} ms`;
    print(
      `${(puts / seconds).toFixed(0)} puts/s · a put p50 ${at(0.5)} ms, p99 ${at(0.99)} ms · processor per put: main thread ${perPut(cpu.mainSeconds - cpuBefore.mainSeconds)}, all ${perPut(cpu.allSeconds - cpuBefore.allSeconds)}, its caller ${perPut(cpuSeconds)} · the store alone ${ofStore.at(-1)} puts/s`,
    );
  }
  const { nowMiB, peakMiB } = imago.memory();
  print(
    `medians of ${rounds}: ${medianOf(rates).toFixed(0)} puts/s, the store alone ${medianOf(ofStore)} · memory ${nowMiB.toFixed(0)} MiB, at its peak ${peakMiB.toFixed(0)}`,
  );
  await imago.stop();
  const faults = git('status', '--porcelain');
  if (faults !== '') throw new Error(`the work tree is not as committed: ${faults.slice(0, 500)}`);
  git('fsck', '--full', '--strict');
  if (values.least !== undefined && medianOf(rates) < Number(values.least)) process.exitCode = 1;
} finally {
  await imago.stop();
  ca.remove();
  rmSync(folder, { recursive: true, force: true });
}
