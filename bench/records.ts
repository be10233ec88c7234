import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { RecordKind } from '../src/host/record-kind.js';
import { recordPath } from '../src/store/layout.js';
import { openHostStore, type OpenStore } from '../src/store/open-host-store.js';

/**
 * How many records a second the store takes from so many at once, each durable and a commit of its own, in a kind that holds none,
 * a thousand and ten thousand; beside them, in the same run and in turn, the rate of the empty kind.
 */
const { values } = parseArgs({
  options: {
    held: { type: 'string', default: '0,1000,10000' },
    puts: { type: 'string', default: '3000' },
    concurrent: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '3' },
    least: { type: 'string' },
  },
});
const [puts, concurrent, rounds] = [values.puts, values.concurrent, values.rounds].map(Number) as [
  number,
  number,
  number,
];

interface Group {
  readonly id: string;
  readonly profile: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly size: number;
}

/** As matchbox has them. */
const groups: RecordKind<Group, 'put'> = {
  name: 'groups',
  parse: (text) => JSON.parse(text) as Group,
  format: (group) => `${JSON.stringify(group, null, 2)}\n`,
  words: { put: 'group put' },
};

function groupOf(number: number, size: number): Group {
  const mac = `52:54:00:${number
    .toString(16)
    .padStart(6, '0')
    .replace(/(..)(..)/, '$1:$2:')}`;
  return { id: nameOf(number), profile: 'worker', selector: { mac, os: 'installed' }, size };
}

function nameOf(number: number): string {
  return `node-${number}.example.org`;
}

function folderWith(held: number): string {
  const directory = mkdtempSync(join(folder, 'held-'));
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=Anna', '-c', 'user.email=anna@example.org', ...words], {
      cwd: directory,
    });
  git('init', '-q', '-b', 'main');
  writeFileSync(join(directory, 'cluster.json'), '{"GitStore": true}\n');
  mkdirSync(join(directory, 'hosts'));
  for (let number = 0; number < held; number += 1) {
    const file = join(directory, recordPath(groups, nameOf(number)));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, groups.format(groupOf(number, 0)));
  }
  git('add', '.');
  git('commit', '-q', '-m', 'groups as they were');
  return directory;
}

/** Of what is held, or new ones: every put changes something. */
async function putMany(store: OpenStore): Promise<readonly number[]> {
  const records = store.records(groups);
  const waits: number[] = [];
  let next = 0;
  const put = async (): Promise<void> => {
    while (next < puts) {
      const number = next;
      next += 1;
      const began = performance.now();
      const record = groupOf(number * 7, number + 1);
      await records.change(record.id, () => ({ record, code: 'put' }), {
        name: 'terraform',
        kind: 'operator',
      });
      waits.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: concurrent }, put));
  return waits;
}

async function trial(held: number): Promise<number> {
  const directory = folderWith(held);
  const quiet = { info: () => undefined, warn: () => undefined, error: print };
  const store = await openHostStore({ directory, clock: () => new Date(), logger: quiet, kinds: [groups] });
  const count = () => Number(execFileSync('git', ['-C', directory, 'rev-list', '--count', 'main']));
  const before = count();
  const began = performance.now();
  const waits = await putMany(store);
  const rate = (puts * 1000) / (performance.now() - began);
  if (count() - before !== puts) throw new Error(`${puts} puts made ${count() - before} commits`);
  await store.close();
  const faults = execFileSync('git', ['-C', directory, 'status', '--porcelain'], { encoding: 'utf8' });
  if (faults !== '') throw new Error(`the work tree is not as committed: ${faults}`);
  rmSync(directory, { recursive: true });
  const sorted = waits.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1);
  print(`${held} held: ${rate.toFixed(0)} puts/s · a put p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
  return rate;
}

function print(line: unknown): void {
  process.stdout.write(`${String(line)}\n`);
}

const folder = resolve('.cache/records');
mkdirSync(folder, { recursive: true });
const rates = new Map(values.held.split(',').map((held) => [Number(held), [] as number[]]));
for (let round = 0; round < rounds; round += 1) {
  for (const [held, found] of rates) found.push(await trial(held));
}
const medians = [...rates].map(([held, found]): [number, number] => [
  held,
  found.toSorted((a, b) => a - b)[Math.floor((found.length - 1) / 2)] ?? 0,
]);
const [[, empty] = [0, 1]] = medians;
for (const [held, rate] of medians)
  print(
    `${held} held, median of ${rounds}: ${rate.toFixed(0)} puts/s, ${(rate / empty).toFixed(2)} of the first`,
  );
if (values.least !== undefined && medians.some(([, rate]) => rate < Number(values.least)))
  process.exitCode = 1;
