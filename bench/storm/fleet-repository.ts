import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { formatHostFile } from '../../src/host/host-json.js';
import { newHost, type Host } from '../../src/host/host.js';
import { parseSerial } from '../../src/host/serial.js';
import { toIpv4 } from '../../src/net/ipv4.js';
import { parseMac } from '../../src/net/mac-address.js';
import { signatureOf } from '../../src/store/change-batch.js';
import { formatClusterFile } from '../../src/store/cluster-file.js';
import { ShardedWriter } from '../../src/store/mayu/convert-history.js';
import { flushBatch } from '../../src/store/disk.js';
import { encodeCommit } from '../../src/git/commit.js';
import type { ObjectId } from '../../src/git/object.js';
import { runLocalGit } from '../../src/git/git-command.js';
import { openHostStore } from '../../src/store/open-host-store.js';
import { PackBuilder } from '../../src/git/pack-builder.js';
import { initRepository, repositoryPaths } from '../../src/store/repository.js';
import { macOf, serialOf } from './machine.js';

/** To be raised when what is made here changes: older fleets in the cache are then made anew. */
const EDITION = 1;
const COMMITS_PER_PACK = 2000;
/** Machines whose changes come in turn, as in a storm. */
const TOGETHER = 50;
const FIRST_ADDRESS = 0x7f500001;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Commits of one machine's life. */
export const STEPS = 11;

/**
 * A cluster folder of machines that all went through their life, each change its commit. Made once, by what the store writes
 * packs with, and kept.
 */
export async function fleetOf(hosts: number, cache: string): Promise<string> {
  const directory = join(cache, `fleet-${hosts}-edition-${EDITION}`);
  if (existsSync(directory)) return directory;
  const unfinished = `${directory}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  await writeHistory(unfinished, hosts);
  // The first start writes the work tree, Git's index and the log.
  const store = await openHostStore({ directory: unfinished, clock: () => new Date(), logger: quiet });
  await store.history(parseSerial(serialOf(0)));
  await store.close();
  renameSync(unfinished, directory);
  return directory;
}

async function writeHistory(directory: string, hosts: number): Promise<void> {
  const paths = repositoryPaths(directory);
  initRepository(paths);
  const writer = new ShardedWriter();
  let pack = new PackBuilder();
  let head: ObjectId | undefined;
  let written: ObjectId | undefined;
  let count = 0;
  const flush = async (): Promise<void> => {
    if (head === undefined || head === written) return;
    const batch = { number: count, expected: written, next: head, files: [], ...pack.finish() };
    const outcome = await flushBatch(
      paths.gitDirectory,
      paths.scratchFolder,
      'refs/heads/main',
      batch,
      () => undefined,
    );
    if (outcome.kind !== 'durable') throw new Error(`the fleet could not be written: ${outcome.kind}`);
    written = head;
    pack = new PackBuilder();
  };
  const commit = async (author: string, message: string): Promise<void> => {
    const time = new Date(Date.UTC(2026, 0, 1) + count * 1000);
    const content = encodeCommit({
      tree: writer.root(pack).toString('hex'),
      parents: head === undefined ? [] : [head],
      author: signatureOf({ name: author, kind: 'machine' }, time),
      committer: signatureOf({ name: 'imago', kind: 'imago' }, time),
      message,
    });
    head = pack.add('commit', content).toString('hex');
    count += 1;
    if (count % COMMITS_PER_PACK === 0) await flush();
  };
  writer.putCluster(Buffer.from(formatClusterFile({ defaultEtcdClusterToken: TOKEN })), pack);
  await commit('imago', 'cluster: created');
  for (let first = 0; first < hosts; first += TOGETHER) {
    const lives = Array.from({ length: Math.min(TOGETHER, hosts - first) }, (_, index) =>
      lifeOf(first + index),
    );
    for (let step = 0; step < STEPS; step += 1) {
      for (const life of lives) {
        const { host, what } = life[step] ?? {};
        if (!host) continue;
        writer.put(host.serial, Buffer.from(formatHostFile(host)), pack);
        await commit(host.serial, `${host.serial}: ${what}`);
      }
    }
  }
  await flush();
  await runLocalGit(paths.gitDirectory, ['repack', '--geometric=2', '-d', '-q']);
}

const TOKEN = 'f7bb8e1b2ad9f4d0d0f8a1cb2a2d8a5e';

/** The host after each of its changes, in the words that imago has for them. */
export function lifeOf(number: number): readonly { readonly host: Host; readonly what: string }[] {
  const mac = parseMac(macOf(number));
  const steps: readonly (readonly [string, Partial<Host>])[] = [
    [
      'host created',
      { bootMac: mac, uuid: `4c4c4544-0000-1000-8000-${number.toString(16).padStart(12, '0')}` },
    ],
    ['updated with predefined settings', { cabinet: number % 40 }],
    ['updated host InternalAddr', { internalAddress: toIpv4(FIRST_ADDRESS + number) }],
    [
      'updated host profile and metadata',
      {
        profile: 'default',
        metadata: ['role=worker', 'stack=compute'],
        osVersion: 'bench',
        state: 'configured',
      },
    ],
    ['set default etcd discovery token', { etcdClusterToken: TOKEN }],
    [
      'collected host mac addresses',
      { macAddresses: [mac, parseMac(macOf(number).replace('52:54', '52:55'))] },
    ],
    ['updated host connected nic', { connectedNic: 'eth0' }],
    ['updated host ipmi address', { ipmiAddress: `172.16.${(number >> 8) & 255}.${number & 255}` }],
    ['updated host state to installing', { state: 'installing' }],
    ['updated state to installed', { state: 'installed' }],
    ['updated state to running', { state: 'running', lastBoot: new Date(Date.UTC(2026, 0, 1)) }],
  ];
  let host = newHost(parseSerial(serialOf(number)));
  return steps.map(([what, facts]) => {
    host = { ...host, ...facts };
    return { host, what };
  });
}
