import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { hostToJson } from '../src/host/host-json.js';
import { newHost, type Host } from '../src/host/host.js';
import type { HostChange, HostStore } from '../src/host/host-store.js';
import { parseSerial, type Serial } from '../src/host/serial.js';
import { toIpv4 } from '../src/net/ipv4.js';
import { parseMac } from '../src/net/mac-address.js';
import { openHostStore } from '../src/store/open-host-store.js';

/**
 * A boot storm against the store alone: machines go through their whole life, so many at a time, in fleets of different
 * size; beside it, in the same run, what Mayu does per machine: `git add` and `git commit` for each of its changes.
 */
const { values } = parseArgs({
  options: {
    machines: { type: 'string', default: '1000' },
    'at-once': { type: 'string', default: '50' },
    fleets: { type: 'string', default: '100,10000' },
    mayu: { type: 'string', default: '10' },
    'without-git': { type: 'boolean', default: false },
  },
});
const machines = Number(values.machines);
const atOnce = Number(values['at-once']);

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const profile = { profile: 'core', metadata: ['role=core', 'stack=compute'], osVersion: '1068.9.0' };

/** The calls of one life, each with its changes: a script asked for, a configuration, installed, running. */
function life(number: number): readonly (readonly { what: string; facts: Partial<Host> }[])[] {
  return [
    [
      { what: 'host created', facts: {} },
      { what: 'updated with predefined settings', facts: { cabinet: 1 } },
      { what: 'updated host InternalAddr', facts: { internalAddress: toIpv4(0x0a000001 + number) } },
      { what: 'updated host profile and metadata', facts: profile },
      {
        what: 'set default etcd discovery token',
        facts: { etcdClusterToken: 'f7bb8e1b2ad9f4d0d0f8a1cb2a2d8a5e' },
      },
    ],
    [
      { what: 'collected host mac addresses', facts: { macAddresses: [macOf(number)] } },
      { what: 'updated host connected nic', facts: { connectedNic: 'eth0' } },
      {
        what: 'updated host ipmi address',
        facts: { ipmiAddress: `172.16.${(number >> 8) & 255}.${number & 255}` },
      },
      { what: 'updated host state to installing', facts: { state: 'installing' } },
    ],
    [],
    [{ what: 'updated state to installed', facts: { state: 'installed' } }],
    [{ what: 'updated state to running', facts: { state: 'running', lastBoot: new Date() } }],
  ];
}

async function storm(fleet: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'imago-bench-'));
  const options = {
    directory,
    clock: () => new Date(),
    logger: quiet,
    usesGitCommand: !values['without-git'],
  };
  let store = await openHostStore(options);
  for (let from = 0; from < fleet; from += 500) {
    await Promise.all(range(from, Math.min(fleet, from + 500)).map((number) => create(store, number)));
  }
  await store.close();
  const before = sizeOf(directory);

  store = await openHostStore(options);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  const started = performance.now();
  let next = fleet;
  const work = async (): Promise<void> => {
    while (next < fleet + machines) {
      next += 1;
      await live(store, next - 1, latencies);
    }
  };
  await Promise.all(range(0, atOnce).map(work));
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  report(`imago, ${fleet} hosts before`, seconds, machines, latencies, delay);
  const memory = process.memoryUsage().rss / 2 ** 20;
  await store.close();
  const kib = (sizeOf(directory) - before) / machines / 1024;
  const opening = performance.now();
  store = await openHostStore(options);
  const openMs = Math.round(performance.now() - opening);
  const asking = performance.now();
  const history = await store.history(serialOf(fleet));
  const askMs = Math.round(performance.now() - asking);
  print(
    `    CPU ${((user + system) / 1000 / machines).toFixed(2)} ms per machine · memory ${memory.toFixed(0)} MiB · ${kib.toFixed(1)} KiB of disk per machine · start ${openMs} ms · first history of ${history.length} after ${askMs} ms`,
  );
  await store.close();
  rmSync(directory, { recursive: true });
}

async function live(store: HostStore, number: number, latencies: number[]): Promise<void> {
  const serial = serialOf(number);
  for (const changes of life(number)) {
    const asked = performance.now();
    await store.change({ name: serial, kind: 'machine' }, (fleet) => {
      let host = fleet.host(serial) ?? newHost(serial);
      return changes.map(({ what, facts }): HostChange => {
        host = { ...host, ...facts };
        return { host, what };
      });
    });
    latencies.push(performance.now() - asked);
  }
}

function create(store: HostStore, number: number): Promise<void> {
  const serial = serialOf(number);
  const host = newHost(serial, {
    internalAddress: toIpv4(0x0a000001 + number),
    state: 'running',
    ...profile,
  });
  return store.change({ name: serial, kind: 'machine' }, () => [{ host, what: 'host created' }]);
}

/** Mayu's way, its daemon left out: one file, one `git add`, one `git commit` per change, one after the other. */
function mayuStorm(count: number): void {
  const directory = mkdtempSync(join(tmpdir(), 'imago-bench-mayu-'));
  const git = (...words: string[]): void => {
    execFileSync('git', ['-c', 'user.name=mayu', '-c', 'user.email=mayu@localhost', ...words], {
      cwd: directory,
    });
  };
  git('init', '-q');
  const started = performance.now();
  const latencies: number[] = [];
  for (const number of range(0, count)) {
    const serial = serialOf(number);
    mkdirSync(join(directory, serial));
    const host = newHost(serial);
    for (const changes of life(number)) {
      const asked = performance.now();
      for (const { what, facts } of changes) {
        Object.assign(host, facts);
        writeFileSync(
          join(directory, serial, 'conf.json'),
          JSON.stringify({ ...hostToJson(host), what }, null, 2),
        );
        git('add', `${serial}/conf.json`);
        git('commit', '-q', '-m', `${serial}: ${what}`);
      }
      latencies.push(performance.now() - asked);
    }
  }
  report('git add + git commit', (performance.now() - started) / 1000, count, latencies);
  rmSync(directory, { recursive: true });
}

function report(
  name: string,
  seconds: number,
  count: number,
  latencies: number[],
  delay?: IntervalHistogram,
): void {
  latencies.sort((a, b) => a - b);
  const at = (share: number): string => (latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(0);
  const commits = count * life(0).flat().length;
  const loop = delay ? ` · event loop p99 ${(delay.percentile(99) / 1e6).toFixed(0)} ms` : '';
  print(
    `${name}: ${(count / seconds).toFixed(0)} machines/s · ${(commits / seconds).toFixed(0)} commits/s · per call p50 ${at(0.5)} ms, p99 ${at(0.99)} ms${loop}`,
  );
}

function serialOf(number: number): Serial {
  return parseSerial(`SGH${String(100_000 + number)}XK`);
}

function macOf(number: number): ReturnType<typeof parseMac> {
  return parseMac(`525400${number.toString(16).padStart(6, '0')}`);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}

function sizeOf(directory: string): number {
  const folder = join(directory, '.git', 'objects', 'pack');
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

for (const fleet of values.fleets.split(',').map(Number)) await storm(fleet);
if (Number(values.mayu) > 0) mayuStorm(Number(values.mayu));
