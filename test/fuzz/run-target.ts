import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { Mutator } from './mutator.js';
import type { FuzzTarget } from './target.js';
import { targets } from './targets.js';
import { WatchedCase } from './watched-case.js';

/** A thread of its own: one target, so many cases. Ends with an error that names the case when something is found. */
export interface Run {
  readonly target: string;
  readonly cases: number;
  readonly seed: number;
  readonly memory: SharedArrayBuffer;
}

/** Megabytes in use after a collection, at the first look and at the last one. */
export interface RunResult {
  readonly heapAtFirst: number;
  readonly heapAtLast: number;
  readonly slowestMs: number;
}

const LONGEST_MS = 100;
const LOOKS = 10;
/** What a run may hold more at its end than after its first tenth, in megabytes: code that V8 has compiled meanwhile. */
const GROWTH_MB = 8;

const { target: name, cases, seed, memory }: Run = workerData;
const target = targets.find((each) => each.name === name);
if (target === undefined) throw new Error(`there is no target ${name}`);
parentPort?.postMessage(run(target));

function run(fuzzed: FuzzTarget): RunResult {
  const mutator = new Mutator(fuzzed, seed);
  const watched = new WatchedCase(memory);
  const heap: number[] = [];
  let slowestMs = 0;
  for (let index = 0; index < cases; index += 1) {
    const bytes = mutator.next();
    watched.begin(bytes);
    slowestMs = Math.max(slowestMs, timed(fuzzed, bytes, index));
    if ((index + 1) % Math.ceil(cases / LOOKS) === 0) heap.push(heapMegabytes());
  }
  const [heapAtFirst = 0] = heap;
  const heapAtLast = heapMegabytes();
  if (heapAtLast > heapAtFirst + GROWTH_MB) {
    throw new Error(`the heap has grown: ${heap.join(', ')} MB`);
  }
  return { heapAtFirst, heapAtLast, slowestMs };
}

/** @returns milliseconds. A slow case is tried again: on a busy machine the clock runs on while others work. */
function timed(fuzzed: FuzzTarget, bytes: Buffer, index: number): number {
  const first = once(fuzzed, bytes, index);
  if (first <= LONGEST_MS) return first;
  const fastest = Math.min(...Array.from({ length: 3 }, () => once(fuzzed, bytes, index)));
  if (fastest > LONGEST_MS) {
    throw new Error(
      `case ${index} of seed ${seed} takes ${Math.round(fastest)} ms: ${bytes.toString('hex')}`,
    );
  }
  return fastest;
}

function once(fuzzed: FuzzTarget, bytes: Buffer, index: number): number {
  const started = performance.now();
  try {
    fuzzed.fuzz(bytes);
  } catch (cause) {
    throw new Error(`case ${index} of seed ${seed}: ${bytes.toString('hex')}`, { cause });
  }
  return performance.now() - started;
}

function heapMegabytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return Math.round(process.memoryUsage().heapUsed / 1e5) / 10;
}
