import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { fleetOf } from './fleet-repository.js';
import { runGitStandIn } from './git-stand-in.js';
import { ImagoProcess } from './imago-process.js';
import { runLoad, type LoadResult } from './load.js';
import { serialOf, type Manner } from './machine.js';
import { print, printStorm, rate, worstP99, type StormFigures } from './report.js';

/**
 * A boot storm against the daemon: machines go through their whole life over HTTP, so many at a time, in fleets of different
 * size; beside it, in the same run and on the same disk, what Mayu does per machine with `git add` and `git commit`.
 *
 *     npm run bench:storm                       fleets of 100 and 10,000, with git and without, the stand-in
 *     npm run bench:storm -- --short            only the five calls of each machine that carry its host on
 *     npm run bench:storm -- --thousand         a thousand machines at once
 *     npm run bench:storm -- --growth           the disk after 100,000 changes
 *     npm run bench:storm -- --start            start-up with 10,000 hosts and 110,000 commits, also after a SIGKILL
 *
 * What is made for it lies in .cache/storm; --folder puts it on another disk.
 */
const { values } = parseArgs({
  options: {
    machines: { type: 'string', default: '1000' },
    'at-once': { type: 'string', default: '50' },
    fleets: { type: 'string', default: '100,10000' },
    'keep-alive': { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    'without-git': { type: 'boolean', default: false },
    'with-git': { type: 'boolean', default: false },
    'stand-in': { type: 'string', default: '5' },
    thousand: { type: 'boolean', default: false },
    growth: { type: 'boolean', default: false },
    start: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '1' },
    profile: { type: 'string' },
    folder: { type: 'string', default: '.cache/storm' },
  },
});
const cache = resolve(values.folder);
const machines = Number(values.machines);
const atOnce = Number(values['at-once']);
const manner: Manner = {
  connections: values['keep-alive'] ? 'keep-alive' : 'like-clients',
  isShort: values.short,
};
const WARM_UP = 500;
/** Longer than imago waits for before it lets `git` put the repository in order. */
const UNTIL_TIDYING_MS = 20_000;
const TIDYING_MS = 300_000;

mkdirSync(cache, { recursive: true });

/** A daemon on a copy of the fleet, in a folder of its own that goes when the work is done. */
async function withImago<T>(
  fleet: number,
  hasGit: boolean,
  work: (imago: ImagoProcess) => Promise<T>,
): Promise<T> {
  const source = await fleetOf(fleet, cache);
  const folder = mkdtempSync(join(cache, 'run-'));
  const imago = await ImagoProcess.prepare(folder, source);
  try {
    execFileSync('sync'); // the copy's bytes are not to be written while something is measured
    await imago.start({ hasGit, profileInto: values.profile });
    return await work(imago);
  } finally {
    await imago.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Storm {
  readonly first: number;
  readonly machines: number;
  readonly atOnce: number;
}

async function measure(imago: ImagoProcess, storm: Storm): Promise<StormFigures> {
  const runningBefore = await imago.count('running');
  const commitsBefore = commitsIn(imago.cluster);
  const diskBefore = packedKib(imago.cluster);
  const before = imago.cpu();
  await imago.loopDelay();
  const load = await runLoad({ ...storm, manner }, imago.server);
  const after = imago.cpu();
  const loop = await imago.loopDelay();
  const memory = imago.memory();
  const failures = [...load.failures];
  const running = (await imago.count('running')) - runningBefore;
  if (running !== storm.machines) failures.push(`${running} of ${storm.machines} machines are running`);
  return {
    load: { ...load, failures },
    machines: storm.machines,
    commits: commitsIn(imago.cluster) - commitsBefore,
    mainCpuSeconds: after.mainSeconds - before.mainSeconds,
    cpuSeconds: after.allSeconds - before.allSeconds,
    loopP99Ms: loop.p99,
    loopMaxMs: loop.max,
    memoryMiB: memory.nowMiB,
    peakMiB: memory.peakMiB,
    diskKib: packedKib(imago.cluster) - diskBefore,
  };
}

/** Code that ran once is slower than code that ran often: a daemon in the field has been up for days. */
async function warmUp(imago: ImagoProcess, fleet: number): Promise<number> {
  await runLoad({ first: fleet, machines: WARM_UP, atOnce, manner }, imago.server);
  return fleet + WARM_UP;
}

async function storms(): Promise<void> {
  const kinds = [
    ...(values['without-git'] && !values['with-git'] ? [] : [true]),
    ...(values['with-git'] && !values['without-git'] ? [] : [false]),
  ];
  const loads = new Map<string, LoadResult[]>();
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const hasGit of kinds) {
      for (const fleet of values.fleets.split(',').map(Number)) {
        const name = `${fleet} hosts before, ${atOnce} at once, ${hasGit ? 'with' : 'without'} git${manner.isShort ? ', five calls each' : ''}`;
        const load = await withImago(fleet, hasGit, (imago) => oneStorm(imago, name, fleet, hasGit));
        loads.set(name, [...(loads.get(name) ?? []), load]);
      }
    }
  }
  print();
  for (const [name, rounds] of loads) {
    const rates = rounds.map(({ seconds }) => machines / seconds).sort((a, b) => a - b);
    const worst = Math.max(...rounds.map(worstP99));
    print(
      `${name}: ${(rates[Math.floor(rates.length / 2)] ?? 0).toFixed(0)} machines/s (${rates.map((one) => one.toFixed(0)).join(', ')}), worst p99 of a call ${worst.toFixed(0)} ms`,
    );
  }
}

async function oneStorm(
  imago: ImagoProcess,
  name: string,
  fleet: number,
  hasGit: boolean,
): Promise<LoadResult> {
  const first = await warmUp(imago, fleet);
  const figures = await measure(imago, { first, machines, atOnce });
  printStorm(name, figures);
  if (hasGit) {
    const tidying = await untilTidying(imago, true, UNTIL_TIDYING_MS);
    if (tidying) {
      const second = await measure(imago, { first: first + machines, machines, atOnce });
      printStorm(`  the same while git packs${imago.isTidying ? '' : ', which ended first'}`, second);
    }
  }
  return figures.load;
}

/** @returns whether it came to be so. */
async function untilTidying(imago: ImagoProcess, wanted: boolean, patience: number): Promise<boolean> {
  for (let waited = 0; waited < patience; waited += 50) {
    if (imago.isTidying === wanted) return true;
    await pause(50);
  }
  return false;
}

function standIn(): void {
  const count = Number(values['stand-in']);
  if (count === 0) return;
  for (const fleet of values.fleets.split(',').map(Number)) {
    const seconds = runGitStandIn(mkdtempSync(join(cache, 'stand-in-')), fleet, count);
    print(
      `git add + git commit as Mayu does, ${fleet} hosts before: ${rate(count, seconds)} machines/s · ${rate(count * 11, seconds)} commits/s`,
    );
  }
}

async function thousand(): Promise<void> {
  for (const fleet of values.fleets.split(',').map(Number)) {
    await withImago(fleet, true, async (imago) => {
      const figures = await measure(imago, { first: fleet, machines: 1000, atOnce: 1000 });
      printStorm(`1000 machines at once, ${fleet} hosts before`, figures);
      if (figures.load.failures.length > 0) process.exitCode = 1;
    });
  }
}

/** The disk after 100,000 changes: as imago leaves them, then as `git` has packed them. */
async function growth(): Promise<void> {
  const lives = 10_000; // ten changes each
  for (const hasGit of [false, true]) {
    await withImago(100, hasGit, async (imago) => {
      const commits = commitsIn(imago.cluster);
      const before = packedKib(imago.cluster);
      await runLoad({ first: 100, machines: lives, atOnce, manner }, imago.server);
      if (hasGit && (await untilTidying(imago, true, UNTIL_TIDYING_MS))) {
        await untilTidying(imago, false, TIDYING_MS); // repack
        await pause(500);
        await untilTidying(imago, false, TIDYING_MS); // commit-graph
      }
      const changes = commitsIn(imago.cluster) - commits;
      const kib = packedKib(imago.cluster) - before;
      print(
        `${changes} changes, ${hasGit ? 'packed by git' : 'without git'}: ${(kib / 1024).toFixed(0)} MiB, ${((kib * 1024) / changes).toFixed(0)} bytes each, in ${packsOf(imago.cluster).length} packs`,
      );
    });
  }
}

async function start(): Promise<void> {
  const fleet = 10_000;
  await withImago(fleet, true, async (imago) => {
    const commits = commitsIn(imago.cluster);
    for (const name of ['first', 'again', 'again']) {
      if (name !== 'first') {
        await imago.stop();
        await imago.start({ hasGit: true, profileInto: values.profile });
      }
      printStart(`start with ${fleet} hosts and ${commits} commits, ${name}`, imago);
    }
    await pause(3000);
    const { nowMiB, peakMiB } = imago.memory();
    print(`  three seconds later: memory ${nowMiB.toFixed(0)} MiB, peak ${peakMiB.toFixed(0)} MiB`);
    for (let kill = 0, first = fleet; kill < 3; kill += 1, first += machines) {
      const load = runLoad({ first, machines, atOnce, manner }, imago.server);
      await pause(1500);
      await imago.stop('SIGKILL');
      await load;
      await imago.start({ hasGit: true });
      printStart('  after a SIGKILL in the middle of a storm', imago);
    }
    const asked = performance.now();
    const { host, port } = imago.server;
    const answer = await fetch(`http://${host}:${port}/api/v1/hosts/${serialOf(fleet)}/history`);
    await answer.text();
    print(
      `  the first history after that: ${answer.status} after ${(performance.now() - asked).toFixed(0)} ms`,
    );
  });
}

function printStart(name: string, imago: ImagoProcess): void {
  const { mainSeconds, allSeconds } = imago.cpu();
  print(
    `${name}: answers after ${imago.readyAfterMs.toFixed(0)} ms · CPU ${(mainSeconds * 1000).toFixed(0)} ms main thread, ${(allSeconds * 1000).toFixed(0)} ms in all · memory ${imago.memory().nowMiB.toFixed(0)} MiB`,
  );
}

function commitsIn(cluster: string): number {
  return Number(execFileSync('git', ['-C', cluster, 'rev-list', '--count', 'HEAD'], { encoding: 'utf8' }));
}

function packsOf(cluster: string): readonly string[] {
  const folder = join(cluster, '.git', 'objects', 'pack');
  return readdirSync(folder).flatMap((name) => (name.endsWith('.pack') ? [join(folder, name)] : []));
}

function packedKib(cluster: string): number {
  const folder = join(cluster, '.git', 'objects', 'pack');
  return readdirSync(folder)
    .map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0)
    .reduce((sum, size) => sum + size / 1024, 0);
}

if (values.thousand) await thousand();
else if (values.growth) await growth();
else if (values.start) await start();
else {
  await storms();
  standIn();
}
