import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, utimes, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { cpuSeconds, imago, peers, residentMiB, startServer, type ServerKind } from './servers.js';

/**
 * TFTP beside dnsmasq, atftpd and tftp-hpa in one run: a network namespace of its own, a load client in C that compares
 * every block, rounds in turn so that all servers see the same machine. Medians.
 *
 *     npm run bench:tftp [-- ROUNDS [CLIENTS]]
 *
 * Wants root.
 */
const run = promisify(execFile);
const [, , rounds = '3', onlyClients] = process.argv;
const ROUNDS = Number(rounds);
const FILE_BYTES = 1024 * 1024;
const NAMESPACE = `imago-bench-tftp-${process.pid}`;

interface Mode {
  readonly clients: number;
  readonly transfersEach: number;
  readonly blockSize: number;
  /** 0: not asked for. */
  readonly windowSize: number;
}

interface Measure {
  readonly mibPerSecond: number;
  readonly serverCpuSeconds: number;
  readonly residentMiB: number;
}

const modes: readonly Mode[] = [0, 8].flatMap((windowSize) =>
  [512, 1428].flatMap((blockSize) => [
    { clients: 1, transfersEach: blockSize === 512 ? 40 : 100, blockSize, windowSize },
    { clients: 100, transfersEach: 3, blockSize, windowSize },
  ]),
);

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'imago-bench-tftp-'));
  const load = join(folder, 'load');
  try {
    await chmod(folder, 0o755);
    const file = join(folder, 'one.bin');
    await writeFile(file, randomBytes(FILE_BYTES), { mode: 0o644 });
    await utimes(file, new Date(0), new Date(0));
    const source = new URL('../../../bench/tftp/load.c', import.meta.url).pathname;
    await run('gcc', ['-O2', '-o', load, source]);
    await run('ip', ['netns', 'add', NAMESPACE]);
    await run('ip', ['-n', NAMESPACE, 'link', 'set', 'lo', 'up']);
    const kinds = [imago, ...peers];
    process.stdout.write(`${ROUNDS} rounds, 1 MiB file, MiB/s (medians)\n\n`);
    const wanted = modes.filter(
      ({ clients }) => onlyClients === undefined || clients === Number(onlyClients),
    );
    for (const mode of wanted) await compare(kinds, mode, folder, load);
  } finally {
    await run('ip', ['netns', 'del', NAMESPACE]).catch(() => undefined);
    await rm(folder, { recursive: true });
  }
}

async function compare(
  kinds: readonly ServerKind[],
  mode: Mode,
  folder: string,
  load: string,
): Promise<void> {
  const measures = new Map<string, Measure[]>(kinds.map(({ name }) => [name, []]));
  const able = kinds.filter((kind) => mode.windowSize === 0 || kind.supportsWindow);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const kind of able) measures.get(kind.name)?.push(await measure(kind, mode, folder, load));
  }
  const rates = able.map((kind) => ({ name: kind.name, ...medians(measures.get(kind.name) ?? []) }));
  const best = Math.max(...rates.filter(({ name }) => name !== imago.name).map((each) => each.mibPerSecond));
  const window = mode.windowSize === 0 ? 'no window' : `windowsize ${mode.windowSize}`;
  process.stdout.write(`${mode.clients} client(s), blksize ${mode.blockSize}, ${window}\n`);
  for (const rate of rates) {
    const ratio =
      rate.name === imago.name ? `  ${(rate.mibPerSecond / best).toFixed(2)} of the best peer` : '';
    process.stdout.write(
      `  ${rate.name.padEnd(9)}${rate.mibPerSecond.toFixed(1).padStart(8)} MiB/s` +
        `${rate.serverCpuSeconds.toFixed(2).padStart(7)} s CPU${rate.residentMiB.toFixed(0).padStart(5)} MiB RSS${ratio}\n`,
    );
  }
}

async function measure(kind: ServerKind, mode: Mode, folder: string, load: string): Promise<Measure> {
  const server = startServer(kind, NAMESPACE, folder);
  if (server.pid === undefined) throw new Error(`${kind.name} did not start`);
  try {
    await answering(kind, folder, load);
    const before = await cpuSeconds(server.pid);
    const { seconds, bytes } = await loadOf(kind, mode, folder, load);
    const after = await cpuSeconds(server.pid);
    return {
      mibPerSecond: bytes / seconds / 1024 / 1024,
      serverCpuSeconds: after - before,
      residentMiB: await residentMiB(server.pid),
    };
  } finally {
    const gone = new Promise((resolve) => void server.once('exit', resolve));
    server.kill('SIGKILL');
    await gone;
  }
}

/** One transfer, tried until the server is up; it also warms the server and the page cache. */
async function answering(kind: ServerKind, folder: string, load: string): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const { stdout } = await run('ip', ['netns', 'exec', NAMESPACE, 'ss', '-Huln', `sport = :${kind.port}`]);
    if (stdout !== '') break;
    await sleep(100);
  }
  await loadOf(kind, { clients: 4, transfersEach: 5, blockSize: 1428, windowSize: 0 }, folder, load);
}

async function loadOf(
  kind: ServerKind,
  mode: Mode,
  folder: string,
  load: string,
): Promise<{ seconds: number; bytes: number }> {
  const { clients, transfersEach, blockSize, windowSize } = mode;
  const words = [
    kind.port,
    'one.bin',
    join(folder, 'one.bin'),
    clients,
    transfersEach,
    blockSize,
    windowSize,
  ];
  const { stdout } = await run('ip', ['netns', 'exec', NAMESPACE, load, '127.0.0.1', ...words.map(String)]);
  return JSON.parse(stdout) as { seconds: number; bytes: number };
}

function medians(measures: readonly Measure[]): Measure {
  const of = (pick: (measure: Measure) => number): number => {
    const sorted = measures.map(pick).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  };
  return {
    mibPerSecond: of((each) => each.mibPerSecond),
    serverCpuSeconds: of((each) => each.serverCpuSeconds),
    residentMiB: of((each) => each.residentMiB),
  };
}

await main();
