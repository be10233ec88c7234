import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { live, type Manner, type Timing } from './machine.js';

export interface Load {
  /** The number of the first machine. */
  readonly first: number;
  readonly machines: number;
  readonly atOnce: number;
  readonly manner: Manner;
}

export interface LoadResult {
  readonly seconds: number;
  readonly timings: readonly Timing[];
  /** Why machines did not come through, one line each. */
  readonly failures: readonly string[];
  /** What the machines themselves cost, user and system. */
  readonly cpuSeconds: number;
  /** Of the time of all processors, the share that the hypervisor gave to others while they were wanted: 0 to 1. */
  readonly stolen: number;
}

/** So many machines at a time: when one is through the next begins. */
export async function runLoad(
  { first, machines, atOnce, manner }: Load,
  server: { readonly host: string; readonly port: number },
): Promise<LoadResult> {
  const timings: Timing[] = [];
  const failures: string[] = [];
  let next = first;
  const work = async (): Promise<void> => {
    while (next < first + machines) {
      const number = next;
      next += 1;
      try {
        await live(number, server, manner, timings);
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
    }
  };
  const cpu = process.cpuUsage();
  const stolenBefore = stolenSeconds();
  const started = performance.now();
  await Promise.all(Array.from({ length: Math.min(atOnce, machines) }, work));
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const stolen = (stolenSeconds() - stolenBefore) / (seconds * availableParallelism());
  return { seconds, timings, failures, cpuSeconds: (user + system) / 1e6, stolen };
}

/** proc_stat(5): the eighth number of the line of all processors, in hundredths of a second. */
function stolenSeconds(): number {
  const [line = ''] = readFileSync('/proc/stat', 'latin1').split('\n', 1);
  return Number(line.trim().split(/\s+/)[8] ?? 0) / 100;
}
