import { ImagoError } from '../errors.js';
import { parseHostFile } from '../host/host-json.js';
import type { Host } from '../host/host.js';
import type { Author, FleetView, HostChange } from '../host/host-store.js';
import type { Serial } from '../host/serial.js';
import type { StoreLogger } from './store-logger.js';
import { runGit } from './git-command.js';
import { decodeCommit } from './git-commit.js';
import type { ObjectId, RawId } from './git-object.js';
import { mergeEdit } from './host-edit.js';
import { hostPath } from './layout.js';
import type { ObjectReader } from './object-reader.js';
import { hostIn } from './take-up.js';
import { changedHosts, type ChangedHost } from './tree-diff.js';

/** A repository elsewhere: a backup that is pushed to, or a reviewed one that changes are pulled from. */
export interface Remote {
  /** As git takes it: a path, `ssh://…`, `https://…`. */
  readonly url: string;
  /** As in `main`. */
  readonly branch: string;
}

export interface SyncSchedule {
  /** Where all commits are sent. */
  readonly push?: Remote | undefined;
  /** Where changes come from. */
  readonly pull?: Remote | undefined;
  readonly everySeconds: number;
}

/** A merge of commits made elsewhere. */
export interface MergeRequest {
  readonly author: Author;
  readonly theirs: ObjectId;
  readonly message: string;
  readonly decide: (fleet: FleetView) => readonly HostChange[];
}

export interface SyncParts {
  readonly directory: string;
  readonly reader: ObjectReader;
  readonly logger: StoreLogger;
  readonly head: () => ObjectId | undefined;
  readonly merge: (request: MergeRequest) => Promise<void>;
}

/** Exchanges commits with other repositories, by the `git` command: its transports, its credentials, its proxies. */
export class RemoteSync {
  readonly #end = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #trouble: string | undefined;

  constructor(private readonly parts: SyncParts) {}

  /**
   * Sends all commits there. Nothing there is ever overwritten: a branch with commits of its own is refused.
   * @throws GitFailed
   */
  async push({ url, branch }: Remote): Promise<void> {
    await this.#git('push', '--quiet', url, `HEAD:refs/heads/${branch}`);
  }

  /**
   * Takes in what was committed there: the fields that were changed there are as they are there, all others stay. One
   * merge commit; what is no valid host is left out, with a word.
   * @returns how many hosts were changed
   * @throws GitFailed
   */
  async pull({ url, branch }: Remote): Promise<number> {
    await this.#git('fetch', '--quiet', '--no-tags', url, `+refs/heads/${branch}:${REMOTE_REF}`);
    const theirs = (await this.#git('rev-parse', REMOTE_REF)).trim();
    const ours = this.parts.head();
    if (ours === undefined) return 0;
    const base =
      (await this.#git('merge-base', '--all', ours, theirs).catch(noCommonAncestor)).split('\n')[0] ?? '';
    if (base === theirs) return 0;
    const changed = this.#changedSince(base, theirs);
    const count = (await this.#git('rev-list', '--count', `${base}..${theirs}`)).trim();
    const author = decodeCommit(this.parts.reader.readAs('commit', theirs)).author.name;
    let merged = 0;
    await this.parts.merge({
      author: { name: author, kind: 'operator' },
      theirs,
      message: `cluster: took in ${count} commits of ${withoutPassword(url)}`,
      decide: (fleet) => {
        const changes = changed.flatMap((file) => this.#change(file, fleet));
        merged = changes.length;
        return changes;
      },
    });
    return merged;
  }

  /** Does it again and again, one exchange at a time; what fails is told in the log and by `troubles` until it works. */
  schedule({ push, pull, everySeconds }: SyncSchedule): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      if (!this.#running) this.#running = this.#exchange(push, pull);
    }, everySeconds * 1000);
    this.#timer.unref();
  }

  /** What the last scheduled exchange could not do. */
  get troubles(): readonly string[] {
    return this.#trouble === undefined ? [] : [this.#trouble];
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#end.abort();
    await this.#running;
  }

  /** First what comes in, so that it is sent on at once. */
  async #exchange(push: Remote | undefined, pull: Remote | undefined): Promise<void> {
    try {
      if (pull) await this.pull(pull);
      if (push) await this.push(push);
      this.#trouble = undefined;
    } catch (error) {
      if (!(error instanceof ImagoError)) throw error;
      if (!this.#end.signal.aborted && this.#trouble !== error.message) {
        this.parts.logger.warn({ error: error.message }, 'exchange with a repository elsewhere failed');
        this.#trouble = error.message;
      }
    } finally {
      this.#running = undefined;
    }
  }

  #changedSince(base: ObjectId, theirs: ObjectId): readonly ChangedHost[] {
    const { reader } = this.parts;
    const treeOf = (id: ObjectId): ObjectId => decodeCommit(reader.readAs('commit', id)).tree;
    return changedHosts(reader, treeOf(base), treeOf(theirs));
  }

  #change({ serial, before, after }: ChangedHost, fleet: FleetView): readonly HostChange[] {
    const current = fleet.host(serial);
    if (after === undefined)
      return current ? [{ host: current, what: 'retired elsewhere', retired: true }] : [];
    try {
      const edited = this.#validHost(serial, after, fleet);
      return [
        {
          host: mergeEdit(hostIn(this.parts.reader, serial, before), edited, current),
          what: 'changed elsewhere',
        },
      ];
    } catch (error) {
      if (!(error instanceof ImagoError)) throw error;
      this.parts.logger.error({ serial, error: error.message }, 'a change made elsewhere is not taken in');
      return [];
    }
  }

  #validHost(serial: Serial, file: RawId, fleet: FleetView): Host {
    const path = hostPath(serial);
    const host = parseHostFile(this.parts.reader.readAs('blob', file.toString('hex')).toString('utf8'), path);
    const holder = host.internalAddress === undefined ? undefined : fleet.hostByAddress(host.internalAddress);
    if (host.serial !== serial) throw new MisplacedHost(path, `it is of ${host.serial}`);
    if (holder && holder.serial !== serial)
      throw new MisplacedHost(path, `it has the address of ${holder.serial}`);
    return host;
  }

  #git(...words: string[]): Promise<string> {
    return runGit(this.parts.directory, words, { signal: this.#end.signal });
  }
}

const REMOTE_REF = 'refs/imago/remote';

class MisplacedHost extends ImagoError {
  readonly code = 'MISPLACED_HOST';

  constructor(path: string, reason: string) {
    super(`${path}: ${reason}: correct it there`);
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

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}
