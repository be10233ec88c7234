import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runLocalGit } from '../git/git-command.js';
import type { StoreLogger } from './store-logger.js';

/** Every batch leaves a pack. So many are joined once nothing was written for a while. */
const MANY_PACKS = 32;
const IDLE_MS = 5000;
/** So many are joined while changes are written: each costs a start the reading of its index. */
const FAR_TOO_MANY_PACKS = 512;
/** After so many commits the commit graph is written anew. */
const COMMITS_BETWEEN = 2000;

/**
 * `git repack --geometric` joins small packs with others of about their size, so that an object is copied a few times in
 * its life at most. It keeps every object, also those that no branch has: a commit that is being written is safe from it.
 */
const REPACK = ['repack', '--geometric=2', '-d', '-l', '-q'];
/** With the paths of each commit, which makes `git log -- hosts/…` of a host immediate. */
const GRAPH = ['commit-graph', 'write', '--reachable', '--changed-paths', '--no-progress'];

/**
 * Keeps the repository quick to read, by the `git` command. Without it packs stay as they are, and `trouble` says so.
 * Nothing that imago does needs them joined.
 */
export class Maintenance {
  #batches: number;
  #commits = 0;
  #running: Promise<void> | undefined;
  #trouble: string | undefined;
  readonly #closing = new AbortController();
  readonly #idle: NodeJS.Timeout;

  constructor(
    private readonly gitDirectory: string,
    private readonly logger: StoreLogger,
  ) {
    // Those of a daemon that ended too soon to join them count as well: many short lives leave many packs.
    const packs = readdirSync(join(gitDirectory, 'objects', 'pack')).filter((name) => name.endsWith('.pack'));
    this.#batches = packs.length;
    this.#idle = setTimeout(() => {
      if (this.#batches >= MANY_PACKS) this.#begin();
    }, IDLE_MS).unref();
  }

  noteBatch(commits: number): void {
    this.#batches += 1;
    this.#commits += commits;
    if (this.#batches >= FAR_TOO_MANY_PACKS) this.#begin();
    else this.#idle.refresh();
  }

  /** What operators should know. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Ends what is under way: all of it can end at any moment. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    this.#closing.abort();
    await this.#running;
  }

  #begin(): void {
    if (this.#closing.signal.aborted) return;
    this.#running ??= this.#tidy().finally(() => {
      this.#running = undefined;
      if (!this.#closing.signal.aborted) this.#idle.refresh();
    });
  }

  async #tidy(): Promise<void> {
    this.#batches = 0;
    try {
      const { signal } = this.#closing;
      await runLocalGit(this.gitDirectory, REPACK, { signal });
      if (this.#commits >= COMMITS_BETWEEN) {
        this.#commits = 0;
        await runLocalGit(this.gitDirectory, GRAPH, { signal });
      }
      this.#trouble = undefined;
    } catch (error) {
      this.#note(error instanceof Error ? error.message : String(error));
    }
  }

  #note(reason: string): void {
    if (this.#closing.signal.aborted) return;
    const trouble = `the packs of the cluster folder are not joined: ${reason}`;
    if (trouble !== this.#trouble) this.logger.warn({ error: reason }, 'packs could not be joined');
    this.#trouble = trouble;
  }
}
