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
  const started = performance.now();
  await Promise.all(Array.from({ length: Math.min(atOnce, machines) }, work));
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, timings, failures, cpuSeconds: (user + system) / 1e6 };
}
