import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { syncPath } from '../src/files/durable-file.js';
import { encodeCommit } from '../src/git/commit.js';
import type { ObjectId } from '../src/git/object.js';
import { PackBuilder } from '../src/git/pack-builder.js';
import { formatHostFile } from '../src/host/host-json.js';
import { signatureOf } from '../src/store/change-batch.js';
import { flushBatch } from '../src/store/disk.js';
import { hostPath } from '../src/store/layout.js';
import { ShardedWriter } from '../src/store/mayu/convert-history.js';
import { initRepository, repositoryPaths } from '../src/store/repository.js';
import { STEPS, lifeOf } from './storm/fleet-repository.js';

/**
 * What writes the commits of a storm: imago's own packs, or a long-lived `git fast-import` with a checkpoint for each batch, whose folders
 * are flushed. The same changes, on the same disk, in turn; durable and with their ids known, as answers need them, at the end of a batch.
 */
const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '1000' },
    batches: { type: 'string', default: '60' },
    changes: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '5' },
  },
});
const [hosts, batches, perBatch, rounds] = [values.hosts, values.batches, values.changes, values.rounds].map(
  Number,
) as [number, number, number, number];

interface Change {
  readonly serial: ReturnType<typeof lifeOf>[number]['host']['serial'];
  readonly content: Buffer;
  readonly message: string;
}

interface Writer {
  /** @returns the commits, durable. */
  write(changes: readonly Change[]): Promise<readonly ObjectId[]>;
  close(): Promise<void>;
}

/** The fleet comes first, then batches of what machines do, in turn. */
function* work(): Generator<readonly Change[]> {
  const lives = Array.from({ length: hosts }, (_, number) => lifeOf(number));
  const changeOf = (number: number): Change => {
    const step = lives[number % hosts]?.[Math.floor(number / hosts) % STEPS];
    if (!step) throw new Error('a life has no such step');
    const { host, what } = step;
    return {
      serial: host.serial,
      content: Buffer.from(formatHostFile(host)),
      message: `${host.serial}: ${what}`,
    };
  };
  const range = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => changeOf(from + index));
  yield range(0, hosts);
  for (let batch = 0; batch < batches; batch += 1) yield range(hosts + batch * perBatch, perBatch);
}

function ownWriter(directory: string): Writer {
  const paths = repositoryPaths(directory);
  initRepository(paths);
  const trees = new ShardedWriter();
  let head: ObjectId | undefined;
  let number = 0;
  return {
    async write(changes) {
      const pack = new PackBuilder();
      const expected = head;
      const ids = changes.map(({ serial, content, message }) => {
        trees.put(serial, content, pack);
        const author = signatureOf({ name: serial, kind: 'machine' }, TIME);
        const commit = encodeCommit({
          tree: trees.root(pack).toString('hex'),
          parents: head === undefined ? [] : [head],
          author,
          committer: author,
          message,
        });
        head = pack.add('commit', commit).toString('hex');
        return head;
      });
      const batch = { number: (number += 1), expected, next: head ?? '', files: [], ...pack.finish() };
      const outcome = await flushBatch(
        paths.gitDirectory,
        paths.scratchFolder,
        'refs/heads/main',
        batch,
        () => undefined,
      );
      if (outcome.kind !== 'durable') throw new Error(`the batch is ${outcome.kind}`);
      return ids;
    },
    close: () => Promise.resolve(),
  };
}

function fastImport(directory: string): Writer {
  execFileSync('git', ['init', '-q', '-b', 'main', directory]);
  const settings = ['fastimport.unpackLimit=0', 'core.fsync=committed,reference', 'core.fsyncMethod=fsync'];
  const git = spawn(
    'git',
    [...settings.flatMap((setting) => ['-c', setting]), 'fast-import', '--quiet', '--force', '--done'],
    { cwd: directory, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: git.stdout })[Symbol.asyncIterator]();
  let mark = 0;
  return {
    async write(changes) {
      const commands = changes.map(({ serial, content, message }) => {
        mark += 1;
        const { name, email, time } = signatureOf({ name: serial, kind: 'machine' }, TIME);
        return `commit refs/heads/main\nmark :${mark}\ncommitter ${name} <${email}> ${time.getTime() / 1000} +0000\ndata ${Buffer.byteLength(message)}\n${message}\nM 100644 inline ${hostPath(serial)}\ndata ${content.length}\n${content.toString()}\nget-mark :${mark}\n`;
      });
      git.stdin.write(`${commands.join('')}checkpoint\nprogress durable\n`);
      const ids: ObjectId[] = [];
      for (;;) {
        const { value } = await lines.next();
        if (value === undefined) throw new Error('git fast-import ended');
        if (value === 'progress durable') break;
        ids.push(value);
      }
      for (const folder of ['objects/pack', 'refs/heads']) syncPath(join(directory, '.git', folder));
      return ids;
    },
    async close() {
      git.stdin.end('done\n');
      await once(git, 'exit');
    },
  };
}

const TIME = new Date('2026-11-21T10:00:00Z');

async function trial(name: string, make: (directory: string) => Writer): Promise<number> {
  const directory = mkdtempSync(join(folder, 'writer-'));
  const writer = make(directory);
  const waits: number[] = [];
  let count = 0;
  for (const changes of work()) {
    const start = performance.now();
    const ids = await writer.write(changes);
    if (new Set(ids).size !== changes.length) throw new Error(`${name} told ${ids.length} ids`);
    count += ids.length;
    waits.push(performance.now() - start);
  }
  await writer.close();
  const git = (...words: string[]) =>
    execFileSync('git', ['-C', directory, ...words], { encoding: 'utf8' }).trim();
  if (git('fsck', '--full', '--strict') !== '' || git('rev-list', '--count', 'main') !== String(count))
    throw new Error(`${name} left a repository with faults`);
  const kib = Number(
    execFileSync('du', ['-sk', join(directory, '.git/objects')], { encoding: 'utf8' }).split('\t')[0],
  );
  rmSync(directory, { recursive: true });
  const measured = waits.slice(1);
  const rate = (batches * perBatch * 1000) / measured.reduce((sum, wait) => sum + wait, 0);
  const sorted = measured.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1);
  print(`${name}: ${rate.toFixed(0)} commits/s · a batch p50 ${at(0.5)} ms, p99 ${at(0.99)} ms · ${kib} KiB`);
  return rate;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const folder = resolve('.cache/writers');
mkdirSync(folder, { recursive: true });
const ratios: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  const own = await trial('own packs', ownWriter);
  ratios.push(own / (await trial('git fast-import', fastImport)));
}
const median = ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? 0;
print(
  `own packs ÷ git fast-import, median of ${rounds} rounds: ${median.toFixed(2)} (${ratios.map((ratio) => ratio.toFixed(2)).join(', ')})`,
);
