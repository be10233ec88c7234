/**
 * Long runs with bytes that are nearly right:
 *
 *     npm run fuzz -- [all|dhcp|tftp|TARGET] [--cases N] [--seed S]
 *
 * A case that throws, takes more than 100 ms or never ends, and a heap that grows, end it with status 1 and the case in hex.
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { Run, RunResult } from './run-target.js';
import { targets } from './targets.js';
import { WatchedCase } from './watched-case.js';

const LOOK_EVERY_MS = 10_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
});
const [wanted = 'all'] = positionals;
const cases = wholeNumber('--cases', values.cases);
const seed = wholeNumber('--seed', values.seed);
const chosen = targets.filter(
  ({ name }) => wanted === 'all' || name === wanted || name.startsWith(`${wanted}-`),
);
if (chosen.length === 0) {
  throw new Error(`no target ${wanted}: all, dhcp, tftp, ${targets.map(({ name }) => name).join(', ')}`);
}
for (const { name } of chosen) await fuzz(name);

async function fuzz(target: string): Promise<void> {
  say(`${target}: ${cases} cases of seed ${seed}`);
  const watched = new WatchedCase();
  const run: Run = { target, cases, seed, memory: watched.memory };
  const started = performance.now();
  const worker = new Worker(new URL('run-target.js', import.meta.url), { workerData: run });
  let before = -1;
  const watching = setInterval(() => {
    const { count } = watched;
    if (count === before && count > 0) {
      process.stderr.write(`${target}: case ${count - 1} of seed ${seed} does not end: ${watched.hex}\n`);
      process.exit(1);
    }
    before = count;
    say(`${target}: ${count} of ${cases}`);
  }, LOOK_EVERY_MS);
  try {
    const [result]: RunResult[] = await once(worker, 'message');
    if (result === undefined) throw new Error(`${target}: no result`);
    const { heapAtFirst, heapAtLast, slowestMs } = result;
    const seconds = Math.round((performance.now() - started) / 1000);
    say(
      `${target}: ${cases} cases of seed ${seed} in ${seconds} s, nothing found; the slowest ${slowestMs.toFixed(1)} ms, ` +
        `heap ${heapAtFirst} MB after a tenth, ${heapAtLast} MB at the end`,
    );
  } finally {
    clearInterval(watching);
  }
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text.replaceAll('_', ''));
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`${option} ${text} is no number above 0`);
  return number;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
