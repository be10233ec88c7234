import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { load, type LoadResult } from './perfdhcp.js';
import { cpuSeconds, kinds, LOAD, residentMiB, SERVER, type ServerKind } from './servers.js';

/**
 * DHCP beside Kea and dnsmasq in one run: a pair of network namespaces, perfdhcp as the load, servers in turn so that all
 * see the same machine. Medians.
 *
 *     npm run bench:dhcp [-- ROUNDS]
 *
 * Wants root.
 */
const ROUNDS = Number(process.argv[2] ?? 3);
const SECONDS = 4;
const SERVER_SIDE = `imago-bench-dhcp-s${process.pid}`;
const LOAD_SIDE = `imago-bench-dhcp-c${process.pid}`;
const CLIENTS = ['-R', '20000'];
/** A rate is clean when not more than this share of what was sent is lost. */
const CLEAN = 0.001;

interface Scenario {
  readonly name: string;
  readonly unit: string;
  /** Whether less is better. */
  readonly isTime: boolean;
  run(): Promise<number>;
}

const perf = (...args: string[]): Promise<LoadResult> => load(LOAD_SIDE, SERVER, args);

const scenarios: readonly Scenario[] = [
  {
    name: 'highest rate without drops',
    unit: '/s',
    isTime: false,
    async run() {
      let best = 0;
      for (const rate of [250, 500, 1000, 2000, 3000, 4000, 5000, 6000, 8000, 10_000, 12_000, 15_000]) {
        const { sent, dropped, exchangesPerSecond } = await perf(...CLIENTS, '-r', String(rate), '-p', '3');
        if (dropped > sent * CLEAN) break;
        best = exchangesPerSecond;
      }
      return best;
    },
  },
  {
    name: '4-way exchanges at overload',
    unit: '/s',
    isTime: false,
    run: async () => (await perf(...CLIENTS, '-p', String(SECONDS))).exchangesPerSecond,
  },
  {
    name: 'the same with 50,000 leases in force',
    unit: '/s',
    isTime: false,
    async run() {
      await perf('-R', '50000', '-r', '4000', '-p', '14');
      return (await perf('-R', '50000', '-p', String(SECONDS))).exchangesPerSecond;
    },
  },
  {
    name: '1,000 machines at once',
    unit: 's',
    isTime: true,
    run: async () => (await perf('-R', '1000', '--scenario', 'avalanche')).seconds,
  },
];

interface Measure {
  readonly value: number;
  readonly cpuSeconds: number;
  readonly residentMiB: number;
}

async function measure(kind: ServerKind, scenario: Scenario): Promise<Measure> {
  const folder = mkdtempSync(join(tmpdir(), 'imago-bench-dhcp-'));
  const server = kind.start(folder, SERVER_SIDE);
  const pid = server.pid;
  if (pid === undefined) throw new Error(`${kind.name} did not start`);
  try {
    await listening(kind);
    // A server runs for months: what it does in its first seconds is not what is asked here.
    await perf('-R', '2000', '-r', '1000', '-p', '3');
    const before = cpuSeconds(pid);
    const value = await scenario.run();
    return { value, cpuSeconds: cpuSeconds(pid) - before, residentMiB: residentMiB(pid) };
  } finally {
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true });
  }
}

async function listening(kind: ServerKind): Promise<void> {
  for (let waited = 0; waited < 100; waited += 1) {
    await sleep(200);
    const sockets = execFileSync('ip', ['netns', 'exec', SERVER_SIDE, 'ss', '-lun'], { encoding: 'utf8' });
    // A moment more, for the leases and whatever else comes after the socket.
    if (sockets.includes(':67 ')) return sleep(500);
  }
  throw new Error(`${kind.name} does not listen on port 67`);
}

async function main(): Promise<void> {
  wire();
  try {
    process.stdout.write(`${ROUNDS} rounds, medians; perfdhcp with PXE options\n`);
    for (const scenario of scenarios) await compare(scenario);
  } finally {
    for (const namespace of [SERVER_SIDE, LOAD_SIDE]) execFileSync('ip', ['netns', 'del', namespace]);
  }
}

async function compare(scenario: Scenario): Promise<void> {
  const measures = new Map<ServerKind, Measure[]>(kinds.map((kind) => [kind, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const kind of kinds) measures.get(kind)?.push(await measure(kind, scenario));
  }
  process.stdout.write(`\n${scenario.name} (${scenario.unit})\n`);
  const keaValues = [...measures].flatMap(([kind, found]) =>
    kind.name === 'kea' ? found.map((one) => one.value) : [],
  );
  const kea = median(keaValues);
  for (const [kind, found] of measures) {
    const value = median(found.map((one) => one.value));
    const ratio = scenario.isTime ? kea / value : value / kea;
    const cells = [
      kind.name.padEnd(8),
      value.toFixed(scenario.isTime ? 2 : 0).padStart(8),
      `${ratio.toFixed(2)} of kea`.padStart(13),
      `cpu ${median(found.map((one) => one.cpuSeconds)).toFixed(1)} s`.padStart(12),
      `${median(found.map((one) => one.residentMiB)).toFixed(0)} MiB`.padStart(9),
      ` leases ${kind.leases}`,
    ];
    process.stdout.write(`${cells.join('')}\n`);
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function wire(): void {
  const ip = (...args: string[]) => execFileSync('ip', args);
  for (const namespace of [SERVER_SIDE, LOAD_SIDE]) {
    ip('netns', 'add', namespace);
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
  }
  ip('-n', SERVER_SIDE, 'link', 'add', 'prov0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', LOAD_SIDE);
  ip('-n', SERVER_SIDE, 'addr', 'add', `${SERVER}/16`, 'dev', 'prov0');
  ip('-n', LOAD_SIDE, 'addr', 'add', `${LOAD}/16`, 'dev', 'eth0');
  ip('-n', SERVER_SIDE, 'link', 'set', 'prov0', 'up');
  ip('-n', LOAD_SIDE, 'link', 'set', 'eth0', 'up');
}

await main();
