import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort, HOST, ImagoProcess } from '../storm/imago-process.js';

/**
 * Images over HTTP beside nginx (sendfile, two workers) in one run: each in turn, three rounds, medians. wrk is the client; beside it
 * one machine asks for its first script twenty times a second.
 *
 *     npm run bench:images [-- SECONDS]
 */
const [, , seconds = '5'] = process.argv;
const ROUNDS = 3;
const IMAGE_BYTES = 512 * 1024 * 1024;
const SMALL_BYTES = 20 * 1000;
const GIB = 2 ** 30;

interface Mode {
  readonly name: string;
  readonly file: string;
  readonly connections: number;
  readonly range?: string;
}

const modes: readonly Mode[] = [
  { name: 'one image', file: 'image.bin', connections: 1 },
  { name: '20 images', file: 'image.bin', connections: 20 },
  { name: '200 images', file: 'image.bin', connections: 200 },
  { name: '20 ranges of 8 MiB', file: 'image.bin', connections: 20, range: 'bytes=100000000-108388607' },
  { name: '20 kB files, 50 at once', file: 'small.bin', connections: 50 },
];

interface Server {
  readonly name: string;
  readonly pid: () => number;
  url(file: string): string;
}

interface Measure {
  readonly bytesPerSecond: number;
  readonly requestsPerSecond: number;
  /** Of the server, for each GiB. */
  readonly cpuPerGib: number;
  readonly memoryMib: number;
  /** Of a machine's first script meanwhile, in milliseconds; undefined of nginx. */
  readonly scriptP99?: number;
}

const folder = mkdtempSync(join(cacheFolder(), 'run-'));
const imago = await ImagoProcess.prepare(folder, undefined, {
  limits: { http: { connectionsPerAddress: 1000 } },
});
const files = join(folder, 'images/bench');
writeFileSync(join(files, 'image.bin'), randomBytes(IMAGE_BYTES));
writeFileSync(join(files, 'small.bin'), randomBytes(SMALL_BYTES));
mkdirSync(join(folder, 'nginx'));
for (const file of ['image.bin', 'small.bin']) linkSync(join(files, file), join(folder, 'nginx', file));
const nginxPort = await freePort();
const nginx = await startNginx(nginxPort);
try {
  await imago.start({ hasGit: false });
  await compare([
    {
      name: 'imago',
      pid: () => imago.pid,
      url: (file) => `http://${HOST}:${imago.server.port}/images/${file}`,
    },
    { name: 'nginx', pid: () => nginx.pid ?? 0, url: (file) => `http://${HOST}:${nginxPort}/${file}` },
  ]);
} finally {
  nginx.kill();
  await imago.stop();
  rmSync(folder, { recursive: true });
}

function cacheFolder(): string {
  const cache = resolve('.cache/images-bench');
  mkdirSync(cache, { recursive: true });
  return cache;
}

async function startNginx(port: number): Promise<ChildProcess> {
  const config = join(folder, 'nginx.conf');
  writeFileSync(
    config,
    `worker_processes 2; daemon off; user root; error_log ${folder}/nginx.log; pid ${folder}/nginx.pid;
events { worker_connections 1024; }
http { access_log off; sendfile on; sendfile_max_chunk 2m; tcp_nopush on; keepalive_requests 1000000;
server { listen ${HOST}:${port}; root ${folder}/nginx; } }
`,
  );
  const child = spawn('nginx', ['-c', config], { stdio: 'inherit' });
  await Promise.race([
    once(child, 'spawn'),
    once(child, 'error').then(([error]) => Promise.reject(error as Error)),
  ]);
  await pause(500);
  return child;
}

async function compare(servers: readonly Server[]): Promise<void> {
  process.stdout.write(`Node ${process.version}, ${ROUNDS} rounds of ${seconds} s each, medians\n`);
  for (const mode of modes) {
    const measures = new Map<string, Measure[]>(servers.map(({ name }) => [name, []]));
    for (let round = 0; round < ROUNDS; round += 1)
      for (const server of servers) measures.get(server.name)?.push(await measure(server, mode));
    const [own, peer] = servers.map(({ name }) => medianOf(measures.get(name) ?? []));
    if (!own || !peer) continue;
    process.stdout.write(`\n${mode.name}\n${lineOf('imago', own)}${lineOf('nginx', peer)}`);
    process.stdout.write(
      `  imago/nginx: ${(own.bytesPerSecond / peer.bytesPerSecond).toFixed(2)} of the rate, ${(own.cpuPerGib / peer.cpuPerGib).toFixed(2)} of the processor time\n`,
    );
  }
}

function lineOf(name: string, measure: Measure): string {
  const { bytesPerSecond, requestsPerSecond, cpuPerGib, memoryMib, scriptP99 } = measure;
  const rate = `${(bytesPerSecond / 1e6).toFixed(0)} MB/s, ${requestsPerSecond.toFixed(0)} requests/s`;
  const script = scriptP99 === undefined ? '' : `, a script meanwhile p99 ${scriptP99.toFixed(0)} ms`;
  return `  ${name.padEnd(6)} ${rate}, ${cpuPerGib.toFixed(2)} s of processor for each GiB, ${memoryMib.toFixed(0)} MiB${script}\n`;
}

async function measure(server: Server, { file, connections, range }: Mode): Promise<Measure> {
  const before = cpuOf(server.pid());
  const isImago = server.name === 'imago';
  const probe = isImago ? probeScript() : undefined;
  const threads = String(Math.min(2, connections));
  const words = ['-t', threads, '-c', String(connections), '-d', `${seconds}s`, '--timeout', '60s'];
  const { stdout } = await promisify(execFile)('wrk', [
    ...words,
    ...(range === undefined ? [] : ['-H', `Range: ${range}`]),
    server.url(file),
  ]);
  const scriptP99 = await probe?.();
  const bytesPerSecond = bytesIn(/Transfer\/sec:\s+([\d.]+)([KMG]?)B/.exec(stdout));
  const requestsPerSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
  if (/Non-2xx/.test(stdout)) throw new Error(`${server.name} refuses:\n${stdout}`);
  const used = cpuOf(server.pid()) - before;
  return {
    bytesPerSecond,
    requestsPerSecond,
    cpuPerGib: (used / (bytesPerSecond * Number(seconds))) * GIB,
    memoryMib: memoryOf(server.pid()),
    ...(scriptP99 !== undefined && { scriptP99 }),
  };
}

function bytesIn(match: RegExpExecArray | null): number {
  const [, number = '0', unit = ''] = match ?? [];
  return Number(number) * 1024 ** ['', 'K', 'M', 'G'].indexOf(unit);
}

/** Asks until it is called, and then says the p99. */
function probeScript(): () => Promise<number> {
  const times: number[] = [];
  const over = new AbortController();
  const asking = (async () => {
    while (!over.signal.aborted) {
      const began = performance.now();
      await fetchScript();
      times.push(performance.now() - began);
      await pause(50);
    }
  })();
  return async () => {
    over.abort();
    await asking;
    times.sort((a, b) => a - b);
    return times[Math.floor(times.length * 0.99)] ?? 0;
  };
}

async function fetchScript(): Promise<void> {
  const call = request({ ...imago.server, path: '/boot.ipxe', agent: false }).end();
  const [answer] = (await once(call, 'response')) as [NodeJS.ReadableStream];
  answer.resume();
  await once(answer, 'end');
}

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

/** In seconds, with its children. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const own = (Number(fields[11]) + Number(fields[12])) / 100;
  return childrenOf(pid).reduce((sum, child) => sum + cpuOf(child), own);
}

/** Resident MiB, with its children. */
function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const own = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  return childrenOf(pid).reduce((sum, child) => sum + memoryOf(child), own);
}

function medianOf(measures: readonly Measure[]): Measure | undefined {
  const sorted = [...measures].sort((a, b) => a.bytesPerSecond - b.bytesPerSecond);
  return sorted[Math.floor(sorted.length / 2)];
}
