import type { LoadResult } from './load.js';

/** What one storm showed. */
export interface StormFigures {
  readonly load: LoadResult;
  readonly machines: number;
  readonly commits: number;
  readonly mainCpuSeconds: number;
  readonly cpuSeconds: number;
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  readonly memoryMiB: number;
  readonly peakMiB: number;
  readonly diskKib: number;
}

export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

export function printStorm(name: string, figures: StormFigures): void {
  const { load, machines, commits } = figures;
  const each = (seconds: number): string => `${((seconds * 1000) / machines).toFixed(2)} ms`;
  print(name);
  print(
    `  ${rate(machines, load.seconds)} machines/s · ${rate(commits, load.seconds)} commits/s · ${machines - load.failures.length} of ${machines} came through`,
  );
  print(
    `  CPU per machine: imago ${each(figures.cpuSeconds)} (its main thread ${each(figures.mainCpuSeconds)}), the machines themselves ${each(load.cpuSeconds)} · the hypervisor kept ${(load.stolen * 100).toFixed(0)} % of the processors`,
  );
  print(
    `  event loop late by p99 ${figures.loopP99Ms.toFixed(0)} ms, at most ${figures.loopMaxMs.toFixed(0)} ms · memory ${figures.memoryMiB.toFixed(0)} MiB, peak ${figures.peakMiB.toFixed(0)} MiB · disk ${(figures.diskKib / machines).toFixed(1)} KiB per machine`,
  );
  for (const name of new Set(load.timings.map(({ call }) => call))) {
    const of = load.timings.filter(({ call }) => call === name).map(({ milliseconds }) => milliseconds);
    print(`    ${name.padEnd(20)} p50 ${at(of, 0.5)} ms   p99 ${at(of, 0.99)} ms   max ${at(of, 1)} ms`);
  }
  for (const failure of load.failures.slice(0, 5)) print(`  ${failure}`);
}

export function rate(count: number, seconds: number): string {
  return (count / seconds).toFixed(count / seconds < 10 ? 2 : 0);
}

/** The longest p99 of any call, in milliseconds. */
export function worstP99({ timings }: LoadResult): number {
  const calls = [...new Set(timings.map(({ call }) => call))];
  return Math.max(
    ...calls.map((name) =>
      percentile(
        timings.filter(({ call }) => call === name).map(({ milliseconds }) => milliseconds),
        0.99,
      ),
    ),
  );
}

function at(values: readonly number[], share: number): string {
  return percentile(values, share).toFixed(0).padStart(5);
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
