import { counted, ImagoError, cleanText, showValue } from '../../errors.js';
import type { Author } from '../../host/host-store.js';
import type { StoreLogger } from '../store-logger.js';
import { entriesByName } from '../mayu/convert-history.js';
import { runGit, TRANSFER_TIMEOUT_MS } from '../../git/git-command.js';
import { decodeCommit } from '../../git/commit.js';
import type { ObjectId } from '../../git/object.js';
import type { FleetTip } from '../fleet-tip.js';
import { CLUSTER_FILE, HOSTS_FOLDER, isRecordName, type Kinds } from '../layout.js';
import type { ObjectReader } from '../../git/object-reader.js';
import { RefusedChanges } from './refused-changes.js';
import { remoteChanges, type RemoteChanges } from './remote-changes.js';
import type { RepositoryPaths } from '../repository.js';

/** A repository elsewhere: a backup that is pushed to, or a reviewed one that changes are pulled from. */
export interface Remote {
  /** As git takes it: a path, `ssh://…`, `https://…`. */
  readonly url: string;
  /** As in `main`. */
  readonly branch: string;
  /** Variables for git with which it finds its credentials; asked for at each exchange. */
  readonly environment?: () => Promise<Readonly<Record<string, string>>>;
}

export type Direction = 'pull' | 'push';

/** Where to, or from where, and how often. */
export type SyncSchedule = {
  readonly [way in Direction]?: (Remote & { readonly everySeconds: number }) | undefined;
};

/** How a scheduled exchange ended. */
export interface Exchange {
  readonly direction: Direction;
  /** Why it failed, if it did. */
  readonly error?: string;
  /** How many hosts a pull changed. */
  readonly hosts?: number;
}

/** A merge of commits made elsewhere. */
export interface MergeRequest {
  readonly author: Author;
  readonly theirs: ObjectId;
  readonly message: string;
  /** Pure and repeatable, as what `HostStore.change` takes. */
  readonly decide: (tip: FleetTip) => RemoteChanges;
  /** Told of a decision before any of it is recorded; again where it had to be made again. */
  readonly beforeRecord: (decision: RemoteChanges) => void;
}

export interface SyncParts {
  readonly paths: RepositoryPaths;
  readonly reader: ObjectReader;
  readonly kinds: Kinds;
  readonly logger: StoreLogger;
  readonly head: () => ObjectId | undefined;
  readonly merge: (request: MergeRequest) => Promise<RemoteChanges>;
}

/** Exchanges commits with other repositories, by the `git` command: its transports, its credentials, its proxies. */
export class RemoteSync {
  /** Of what one schedule began. */
  #end = new AbortController();
  readonly #watchers = new Set<(exchange: Exchange) => void>();
  readonly #refused: RefusedChanges;
  readonly #trouble = new Map<Direction, string>();
  readonly #due = new Set<Direction>();
  #timers: NodeJS.Timeout[] = [];
  #schedule: SyncSchedule = {};
  #running: Promise<void> | undefined;

  constructor(private readonly parts: SyncParts) {
    this.#refused = new RefusedChanges(parts.paths);
  }

  /**
   * Sends all commits there. Nothing there is ever overwritten: a branch with commits of its own is refused.
   * @throws GitFailed
   */
  async push(remote: Remote): Promise<void> {
    await this.#git(remote, 'push', '--quiet', '--', remote.url, `HEAD:refs/heads/${remote.branch}`);
  }

  /**
   * Takes in what was committed there: the fields that were changed there are as they are there, all others stay. One
   * merge commit; what is no valid host is left out, and named by `troubles` until it is put right there.
   * @returns how many hosts were changed
   * @throws GitFailed, NoSuchBranch, UnrelatedHistory, OtherFiles
   */
  async pull(remote: Remote): Promise<number> {
    const { url, branch } = remote;
    this.#refused.follow(originOf(remote));
    const wanted = `+refs/heads/${branch}:${REMOTE_REF}`;
    await this.#git(remote, 'fetch', '--quiet', '--no-tags', '--', url, wanted).catch(missingBranch(branch));
    const theirs = (await this.#git(remote, 'rev-parse', REMOTE_REF)).trim();
    const ours = this.parts.head();
    if (ours === undefined) return 0;
    const bases = await this.#git(remote, 'merge-base', '--all', ours, theirs).catch(noCommonAncestor);
    const base = bases.split('\n')[0] ?? '';
    if (base === theirs) return 0;
    if (this.#schedule.push) this.#refuseOtherFiles(ours, theirs);
    const count = (await this.#git(remote, 'rev-list', '--count', `${base}..${theirs}`)).trim();
    const author = decodeCommit(this.parts.reader.readAs('commit', theirs)).author.name;
    const { changes } = await this.parts.merge({
      author: { name: author, kind: 'operator' },
      theirs,
      message: `cluster: took in ${counted(Number(count), 'commit')} of ${withoutPassword(url)}`,
      decide: (tip) => remoteChanges(this.parts.reader, this.parts.kinds, base, theirs, tip),
      beforeRecord: ({ refusals }) => this.#noteRefusals(refusals),
    });
    return changes.length;
  }

  #noteRefusals(refusals: RemoteChanges['refusals']): void {
    for (const [key, error] of refusals) {
      if (error !== undefined)
        this.parts.logger.error(
          { [isRecordName(key) ? 'record' : 'serial']: key, error },
          'a change made elsewhere is not taken in',
        );
    }
    this.#refused.note(refusals);
    this.#refused.save();
  }

  /**
   * At once and then again and again, one exchange at a time; what fails is told by `troubles` until it works. What is under
   * way by another schedule ends: a repository that hangs would hold up the next one for hours.
   */
  schedule(schedule: SyncSchedule): void {
    this.#end.abort();
    this.#end = new AbortController();
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    this.#trouble.clear();
    this.#due.clear();
    this.#schedule = schedule;
    this.#refused.follow(schedule.pull && originOf(schedule.pull));
    for (const direction of directions) {
      const remote = schedule[direction];
      if (!remote) continue;
      const timer = setInterval(() => this.#begin(direction), remote.everySeconds * 1000);
      timer.unref();
      this.#timers.push(timer);
      this.#begin(direction);
    }
  }

  /** Calls `watcher` for each scheduled exchange, until the returned function is called. */
  subscribe(watcher: (exchange: Exchange) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** What the last scheduled exchanges could not do, and what was refused of what came. */
  get troubles(): readonly string[] {
    return [...this.#trouble.values(), ...this.#refused.reasons];
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.schedule({});
    this.#end.abort();
    await this.#running;
  }

  #begin(direction: Direction): void {
    if (this.#end.signal.aborted) return;
    this.#due.add(direction);
    this.#running ??= this.#exchangeAll();
  }

  /** First what comes in: it is sent on at once, and what was committed there does not stand in the way of a push. */
  async #exchangeAll(): Promise<void> {
    try {
      while (this.#due.size > 0) {
        const wanted = new Set(this.#due);
        this.#due.clear();
        for (const direction of directions)
          if (wanted.has(direction) || wanted.has('push')) await this.#exchange(direction);
      }
    } finally {
      this.#running = undefined;
    }
  }

  /** Never rejects: what comes from elsewhere is no reason for the daemon to end. */
  async #exchange(direction: Direction): Promise<void> {
    const { [direction]: remote, push } = this.#schedule;
    const { signal } = this.#end;
    if (!remote || signal.aborted) return;
    try {
      const hosts = direction === 'pull' ? await this.pull(remote) : undefined;
      if (direction === 'push') await this.push(remote);
      this.#works(direction);
      this.#tell({ direction, ...(hosts !== undefined && { hosts }) });
    } catch (error) {
      // The first push makes the branch.
      if (signal.aborted || (error instanceof NoSuchBranch && push)) return;
      const message = error instanceof Error ? error.message : String(error);
      this.#fails(direction, message);
      this.#tell({ direction, error: message });
    }
  }

  /** Only records are taken in: the next push would remove all else. */
  #refuseOtherFiles(ours: ObjectId, theirs: ObjectId): void {
    const { reader } = this.parts;
    const namesIn = (id: ObjectId) =>
      entriesByName(reader.readAs('tree', decodeCommit(reader.readAs('commit', id)).tree)).keys();
    const known = new Set([...namesIn(ours), HOSTS_FOLDER, CLUSTER_FILE, ...this.parts.kinds.keys()]);
    const others = [...namesIn(theirs)].filter((name) => !known.has(name));
    if (others.length > 0) throw new OtherFiles(others);
  }

  #works(direction: Direction): void {
    if (this.#trouble.delete(direction))
      this.parts.logger.info({ direction }, 'exchange with the repository elsewhere works again');
  }

  #fails(direction: Direction, message: string): void {
    if (this.#trouble.get(direction) !== message)
      this.parts.logger.warn(
        { direction, error: message },
        'exchange with the repository elsewhere failed: it is tried again',
      );
    this.#trouble.set(direction, message);
  }

  #tell(exchange: Exchange): void {
    for (const watcher of this.#watchers) {
      try {
        watcher(exchange);
      } catch (error) {
        this.parts.logger.error({ error: String(error) }, 'a watcher of the exchange failed');
      }
    }
  }

  async #git({ environment }: Remote, ...words: string[]): Promise<string> {
    const { signal } = this.#end;
    const variables = await environment?.();
    return runGit(this.parts.paths.directory, words, {
      signal,
      ...((words[0] === 'push' || words[0] === 'fetch') && { timeoutMs: TRANSFER_TIMEOUT_MS }),
      ...(variables && { environment: variables }),
    });
  }
}

const REMOTE_REF = 'refs/imago/remote';
const directions = ['pull', 'push'] as const;

class NoSuchBranch extends ImagoError {
  readonly code = 'NO_SUCH_BRANCH';

  constructor(branch: string) {
    super(`the repository elsewhere has no branch ${branch}: push to it first, or name another`, { branch });
  }
}

class OtherFiles extends ImagoError {
  readonly code = 'OTHER_FILES';

  constructor(names: readonly string[]) {
    super(
      `the branch there holds ${names.map(showValue).join(', ')} beside the machines, which a push would remove: keep that on another branch`,
    );
  }
}

/** Another cluster's repository, or one that was rewritten: merging it would mix two fleets. */
class UnrelatedHistory extends ImagoError {
  readonly code = 'UNRELATED_HISTORY';

  constructor() {
    super('the remote branch shares no commit with this cluster: begin it as a clone of the cluster folder');
  }
}

function noCommonAncestor(): never {
  throw new UnrelatedHistory();
}

function missingBranch(branch: string): (error: unknown) => never {
  return (error) => {
    const isMissing = error instanceof Error && error.message.includes("couldn't find remote ref");
    throw isMissing ? new NoSuchBranch(branch) : error;
  };
}

function originOf({ url, branch }: Remote): string {
  return `${branch} of ${withoutPassword(url)}`;
}

function withoutPassword(url: string): string {
  return cleanText(url.replace(/\/\/[^@/]*@/, '//'));
}
