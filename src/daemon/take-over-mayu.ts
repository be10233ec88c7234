import { join } from 'node:path';
import { counted, ImagoError, showValue } from '../errors.js';
import type { Config } from '../config/schema.js';
import type { DiscoveryStore } from '../http/etcd/discovery-files.js';
import { discoveryFiles } from '../http/etcd/open-discovery-book.js';
import { importMayu, type Takeover } from '../store/mayu/import-mayu.js';
import { requireNewFolder } from '../store/require-new-folder.js';
import { fetchRegistry } from './mayu-registries.js';

/** Tokens of etcd would be taken over, and not who has registered under them. */
class RegistryLeftBehind extends ImagoError {
  readonly code = 'REGISTRY_LEFT_BEHIND';

  constructor(tokens: readonly string[]) {
    super(
      `Mayu keeps who has registered for etcd discovery in its etcd, and not in its folder (${tokens.join(', ')}): etcd processes that ask imago later would find nobody, and form a second cluster. Give --etcd-endpoint http://127.0.0.1:2379 (Mayu's own flag) to take that over, or --without-etcd-registry when none will ask again`,
      { tokens },
    );
  }
}

export interface TakeoverFlags {
  readonly skipFaulty: boolean;
  readonly etcdEndpoint?: string | undefined;
  readonly withoutEtcdRegistry: boolean;
}

/** What a token is made of, in the discovery of imago. */
const TOKEN = /^[A-Za-z0-9]{1,64}$/;

/**
 * Takes over Mayu's cluster folder, and what its etcd knows of the tokens in it.
 * @returns what was done, for people
 */
export async function takeOverMayu(
  folder: string,
  config: Pick<Config, 'paths' | 'cluster' | 'etcd' | 'profiles'>,
  flags: TakeoverFlags,
): Promise<string> {
  const directory = join(config.paths.clusters, config.cluster);
  requireNewFolder(directory);
  const told: string[] = [];
  const takeover = await importMayu(folder, directory, {
    skipFaulty: flags.skipFaulty,
    now: new Date(),
    beforeDone: async (found) => {
      const ofProfiles = config.profiles.flatMap(({ etcdToken }) => etcdToken ?? []);
      told.push(...(await takeRegistries([...new Set([...found, ...ofProfiles])], config, flags)));
    },
  });
  const { hosts, commits } = takeover;
  return [
    `${directory}: ${counted(hosts, 'host')}, ${counted(commits, 'commit')} of ${folder}`,
    ...summaryOf(takeover),
    ...told,
  ].join('\n');
}

async function takeRegistries(
  tokens: readonly string[],
  { paths, etcd }: Pick<Config, 'paths' | 'etcd'>,
  { etcdEndpoint, withoutEtcdRegistry }: TakeoverFlags,
): Promise<readonly string[]> {
  if (tokens.length === 0) return [];
  if (etcd.discoveryUrl !== undefined)
    return [
      `etcd discovery: tokens are those of ${etcd.discoveryUrl} (etcd.discoveryUrl), which keeps their members`,
    ];
  const store = discoveryFiles(paths.state);
  if (etcdEndpoint !== undefined) {
    const lines: string[] = [];
    for (const token of tokens) lines.push(await takeRegistry(token, etcdEndpoint, store, etcd.clusterSize));
    return lines;
  }
  // After an export, and back: imago has them already.
  const kept = await Promise.all(
    tokens.map(async (token) => (TOKEN.test(token) ? store.load(token) : undefined)),
  );
  const left = tokens.filter((_, index) => !kept[index]);
  if (left.length === 0) return [];
  if (!withoutEtcdRegistry) throw new RegistryLeftBehind(left);
  return [
    `etcd discovery: members are NOT taken over of ${left.join(', ')}: who asks imago for one of these finds nobody, and forms a new cluster`,
  ];
}

async function takeRegistry(
  token: string,
  endpoint: string,
  store: DiscoveryStore,
  defaultSize: number,
): Promise<string> {
  if (!TOKEN.test(token))
    return `etcd discovery: ${showValue(token)} is no token that imago serves: letters and digits, 64 at most; set another`;
  const registry = await fetchRegistry(endpoint, token, defaultSize);
  if (!registry)
    return `etcd discovery: ${endpoint} knows nothing of ${token}: nobody has registered under it`;
  await store.save(registry);
  const members = registry.members.map(({ id }) => id).join(', ');
  return `etcd discovery: ${token} has ${registry.members.length} of ${registry.size} members${members && `: ${members}`}`;
}

/** Names in one line. */
const MOST_NAMED = 20;

function summaryOf({ isFromFiles, edited, renamed, leftOut, hooks }: Takeover): readonly string[] {
  return [
    ...(isFromFiles ? ['there was no history: the files are its first commit'] : []),
    ...(edited.length > 0
      ? [`not as committed, and taken as the files are ("imported edits"): ${listed(edited)}`]
      : []),
    ...renamed.map(
      ({ from, to }) => `${showValue(from)} is known to imago as ${to}, whichever of both it reports`,
    ),
    ...leftOut.map((fault) => `left out: ${fault}`),
    ...(hooks.length > 0
      ? [
          `imago runs no hooks of Git; ${listed(hooks)} will not run any more: events.hooks and events.webhooks of the configuration take their place, store.remote pushes (docs/from-mayu.md)`,
        ]
      : []),
  ];
}

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return more > 0 ? `${names.slice(0, MOST_NAMED).join(', ')} and ${more} more` : names.join(', ');
}
