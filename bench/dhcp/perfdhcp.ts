import { execFile } from 'node:child_process';

/** What a run of perfdhcp found. */
export interface LoadResult {
  /** Whole exchanges (DISCOVER, OFFER, REQUEST, ACK) in a second. */
  readonly exchangesPerSecond: number;
  readonly sent: number;
  readonly dropped: number;
  readonly seconds: number;
}

/** UEFI's network stack as it presents itself: vendor class and architecture. */
const PXE_OPTIONS = [
  '-o',
  `60,${Buffer.from('PXEClient:Arch:00007:UNDI:003016').toString('hex')}`,
  '-o',
  '93,0007',
];

/** Runs perfdhcp in a namespace, as a relay that speaks for many PXE clients. */
export async function load(namespace: string, server: string, args: readonly string[]): Promise<LoadResult> {
  const started = performance.now();
  // A second more at the end: what is under way then is not lost.
  const common = ['-4', '-l', 'eth0', '-W', '1000000', ...PXE_OPTIONS];
  const all = ['netns', 'exec', namespace, 'perfdhcp', ...common, ...args, server];
  const output = await new Promise<string>((resolve) => {
    // Its exit status tells of drops, which are a result here.
    execFile('ip', all, { maxBuffer: 1 << 24 }, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
  const numbers = (pattern: RegExp) => [...output.matchAll(pattern)].map(([, value]) => Number(value));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const [received = 0] = numbers(/^received packets: (\d+)/gm).slice(-1);
  const [rate = 0] = numbers(/^Rate: ([\d.]+)/gm);
  if (received === 0) throw new Error(`perfdhcp got no answer:\n${output}`);
  return {
    exchangesPerSecond: rate,
    sent: sum(numbers(/^sent packets: (\d+)/gm)),
    dropped: sum(numbers(/^drops: (\d+)/gm)),
    seconds: (performance.now() - started) / 1000,
  };
}
