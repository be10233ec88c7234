import { execFile, type ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { MaintenanceSettings } from './maintenance-thread.js';
import type { StoreLogger } from './store-logger.js';

/** Every batch leaves a pack; after so many they are looked at. */
const BATCHES_BETWEEN = 32;
/** After so many commits, and once nothing was written for a while, `git` may put the repository in order. */
const COMMITS_BETWEEN = 2000;
const IDLE_MS = 5000;
/** A thread that has had nothing to merge for so long ends: its memory is worth more than its start. */
const THREAD_IDLE_MS = 10_000;
const GIT_TIMEOUT_MS = 10 * 60 * 1000;

/** One thread and little memory, below everything else: a storm must not notice. */
const GIT = ['nice', '-n', '19', 'git', '-c', 'pack.threads=1', '-c', 'pack.windowMemory=64m'];

/**
 * Keeps the repository quick to read: small packs are merged as they come, by a thread of its own; where the `git` command
 * is there, it packs everything tightly and writes a commit graph with the paths of each commit, which makes
 * `git log -- hosts/…` of a host immediate. Neither is needed for anything that imago does.
 */
export class Maintenance {
  #batches: number;
  #commits = 0;
  #thread: Worker | undefined;
  #isMerging = false;
  #git: ChildProcess | undefined;
  #idle: NodeJS.Timeout | undefined;
  #hasGit = true;
  #isClosed = false;

  constructor(
    private readonly gitDirectory: string,
    private readonly logger: StoreLogger,
    private readonly usesGit: boolean,
  ) {
    // Those of a daemon that ended too soon to merge them count as well: many short lives leave many packs.
    this.#batches = readdirSync(this.#packFolder).filter((name) => name.endsWith('.pack')).length;
  }

  noteBatch(commits: number): void {
    this.#batches += 1;
    this.#commits += commits;
    if (this.#batches >= BATCHES_BETWEEN) this.#merge();
    if (!this.usesGit || !this.#hasGit || this.#commits < COMMITS_BETWEEN) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.#tidy();
    }, IDLE_MS);
    this.#idle.unref();
  }

  /** Ends what is under way: all of it can end at any moment. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idle);
    this.#git?.kill();
    await this.#thread?.terminate();
  }

  get #packFolder(): string {
    return join(this.gitDirectory, 'objects', 'pack');
  }

  #merge(): void {
    if (this.#isMerging || this.#isClosed) return;
    this.#batches = 0;
    try {
      this.#thread ??= this.#startThread();
    } catch (error) {
      // The system has no thread left to give: that is no reason to keep a change from those who wait for it.
      this.logger.warn({ error: String(error) }, 'packs could not be merged');
      return;
    }
    this.#isMerging = true;
    this.#thread.postMessage('merge');
  }

  /** One thread for all merges of a storm: to start one costs more than to merge. */
  #startThread(): Worker {
    const workerData: MaintenanceSettings = { packFolder: this.#packFolder };
    const thread = new Worker(new URL('./maintenance-thread.js', import.meta.url), {
      workerData,
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    thread.unref();
    const ending: NodeJS.Timeout = setTimeout(() => {
      if (this.#isMerging) ending.refresh();
      else void thread.terminate();
    }, THREAD_IDLE_MS).unref();
    thread.on('message', (outcome: number | string) => {
      ending.refresh();
      this.#isMerging = false;
      if (typeof outcome === 'string') this.logger.warn({ error: outcome }, 'packs could not be merged');
    });
    thread.on('error', (error) => {
      this.logger.warn({ error: error.message }, 'packs could not be merged');
    });
    thread.on('exit', () => {
      clearTimeout(ending);
      this.#isMerging = false;
      if (this.#thread === thread) this.#thread = undefined;
    });
    return thread;
  }

  #tidy(): void {
    if (this.#git || this.#isMerging || this.#isClosed) return;
    this.#commits = 0;
    this.#run(['repack', '-a', '-d', '-q'], () => {
      this.#run(
        ['commit-graph', 'write', '--reachable', '--changed-paths', '--no-progress'],
        () => undefined,
      );
    });
  }

  #run(words: readonly string[], next: () => void): void {
    const [command = '', ...options] = [...GIT, ...words];
    this.#git = execFile(command, options, { cwd: this.gitDirectory, timeout: GIT_TIMEOUT_MS }, (error) => {
      this.#git = undefined;
      if (this.#isClosed) return;
      if (!error) next();
      else if (error.code === 'ENOENT' || Number(error.code) === 127) this.#hasGit = false;
      else this.logger.warn({ command: words.join(' '), error: error.message }, 'git maintenance failed');
    });
    this.#git.unref();
  }
}
