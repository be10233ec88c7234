import type { FSWatcher } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { errorCode, fileReason, ImagoError } from '../../../errors.js';
import { identityOf, statsAt } from '../../../files/file-identity.js';
import { ifPresent } from '../../../files/if-present.js';
import { readBounded } from './read-bounded.js';
import { watchNames } from './watch-names.js';

export interface LiveFolderParts<T> {
  readonly folder: string;
  /** As it is named in messages. */
  readonly shown: string;
  /** @param name What stands before `.json` in that of the file. @throws an ImagoError that tells file and line */
  readonly parse: (text: string, path: string, name: string) => T;
  /** Told what stands under a name from now on. */
  readonly changed?: (name: string, entry: T | undefined) => void;
  /** Told each fault once. */
  readonly found: (fault: string) => void;
  /** In milliseconds. */
  readonly clock?: () => number;
  /** Undefined where the system cannot watch. */
  readonly watchFolder?: typeof watchNames;
}

interface Entry<T> {
  readonly identity: string;
  readonly value: T | undefined;
  /** Why it has no value. */
  readonly fault?: string;
}

/** Those at one file that are under way. */
interface Looks {
  running: number;
  /** What a look found holds until one that began later has found something. */
  holds: number;
}

const ENDING = '.json';
/** Files that are looked at at once. */
const AT_ONCE = 64;
/** A watcher tells nothing of what other computers write, and loses what comes too fast. */
const SWEEP_SECONDS = 10;
/** Where nothing watches: between two looks at all files, and at least ten times what one takes. */
const SWEEP_MILLISECONDS = 100;
/** More files are left out. */
const MOST_FILES = 50_000;

/**
 * The files `*.json` of a folder, each read once for as long as it stays the same. What was written before `fresh` was called holds
 * when it resolves: the system's watcher tells which files to read again, so that asking costs the same however many there are.
 */
export class LiveFolder<T> {
  readonly #entries = new Map<string, Entry<T>>();
  /** Names of files that are to be looked at. */
  #dirty = new Set<string>();
  /** Of files that are being looked at. */
  readonly #looks = new Map<string, Looks>();
  #look = 0;
  #watcher: { readonly identity: string; readonly handle: FSWatcher | undefined } | undefined;
  #isSweepDue = true;
  /** Once all files have been looked at. */
  #isKnown = false;
  #sweeping: Promise<void> | undefined;
  #sweptAt = Number.NEGATIVE_INFINITY;
  #sweepTook = 0;
  #trouble: string | undefined;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(private readonly parts: LiveFolderParts<T>) {}

  fresh(): Promise<void> {
    this.#next ??= this.#afterRunning();
    return this.#next;
  }

  get(name: string): T | undefined {
    return this.#entries.get(`${name}${ENDING}`)?.value;
  }

  /** Whether there is a file of this name, faulty or not, as far as that is known: one that is still to be looked at may be. */
  mayHave(name: string): boolean {
    const file = `${name}${ENDING}`;
    return !this.#isKnown || this.#dirty.has(file) || this.#looks.has(file) || this.#entries.has(file);
  }

  /** In no order. */
  *values(): Iterable<T> {
    for (const { value } of this.#entries.values()) if (value !== undefined) yield value;
  }

  /** In the order of their names. */
  list(): readonly T[] {
    const sorted = [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1));
    return sorted.flatMap(([, { value }]) => (value === undefined ? [] : [value]));
  }

  /** What cannot be read, a sentence each with file and line. */
  faults(): readonly string[] {
    const faults = [...this.#entries.values()].flatMap(({ fault }) => fault ?? []);
    return this.#trouble === undefined ? faults : [this.#trouble, ...faults];
  }

  /** Somebody knows that the file of this name has changed. */
  touch(name: string): void {
    this.#dirty.add(`${name}${ENDING}`);
  }

  close(): void {
    this.#watcher?.handle?.close();
    this.#watcher = undefined;
  }

  async #afterRunning(): Promise<void> {
    // Whoever asked for that one has heard of it.
    await this.#running.catch(() => undefined);
    this.#next = undefined;
    this.#running = this.#refresh();
    await this.#running;
  }

  async #refresh(): Promise<void> {
    // What the watcher has to tell by now is told: between two turns of the event loop the system is asked for all there is.
    await nextTurn();
    await nextTurn();
    await this.#whileReadable(async () => {
      await this.#watchFolder();
      if (this.#isSweepDue || this.#mustSweep()) {
        // One that is under way began before what made another due.
        await this.#sweeping?.catch(() => undefined);
        await this.#sweep();
      } else if (this.#now() - this.#sweptAt > SWEEP_SECONDS * 1000)
        void this.#whileReadable(async () => this.#sweep());
      const names = [...this.#dirty];
      this.#dirty = new Set();
      await this.#lookAt(names);
    });
  }

  /** What was known before a folder became unreadable stays. */
  async #whileReadable(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      this.#isSweepDue = true;
      this.#tell(`${this.parts.shown}: the folder cannot be read: ${fileReason(error)}`);
    }
  }

  #mustSweep(): boolean {
    const rests = Math.max(SWEEP_MILLISECONDS, 10 * this.#sweepTook);
    return !this.#watcher?.handle && this.#now() - this.#sweptAt > rests;
  }

  /** The path may lead to another folder than before: a link that was set anew, a volume that was mounted. */
  async #watchFolder(): Promise<void> {
    const { folder, watchFolder = watchNames } = this.parts;
    const stats = await statsAt(folder);
    const identity = stats ? `${stats.dev}:${stats.ino}` : '';
    if (this.#watcher?.identity === identity) return;
    this.close();
    const handle = stats && watchFolder(folder, (name) => this.#hear(name, identity));
    this.#watcher = { identity, handle };
    this.#isSweepDue = true;
  }

  #hear(name: string | undefined, identity: string): void {
    if (name === undefined && this.#watcher?.identity === identity) this.close();
    // A volume of Kubernetes changes all its files at once, by a link `..data`.
    if (name === undefined || name.startsWith('..')) this.#isSweepDue = true;
    else if (name.endsWith(ENDING)) this.#dirty.add(name);
  }

  /** Looks at all files. */
  #sweep(): Promise<void> {
    this.#sweeping ??= this.#sweepOnce().finally(() => {
      this.#sweeping = undefined;
    });
    return this.#sweeping;
  }

  async #sweepOnce(): Promise<void> {
    const startedAt = this.#now();
    this.#isSweepDue = false;
    this.#sweptAt = startedAt;
    const names = await filesIn(this.parts.folder);
    const kept = new Set(names.slice(0, MOST_FILES));
    for (const name of names.slice(MOST_FILES)) this.#set(name, undefined);
    // One that is not among them may be newer than they.
    await this.#lookAt([...kept, ...[...this.#entries.keys()].filter((name) => !kept.has(name))]);
    this.#isKnown = true;
    this.#trouble = undefined;
    if (names.length > MOST_FILES)
      this.#tell(`${this.parts.shown}: of ${names.length} files ${MOST_FILES} are read: take some out`);
    this.#sweepTook = this.#now() - startedAt;
  }

  async #lookAt(names: Iterable<string>): Promise<void> {
    const waiting = [...names];
    while (waiting.length > 0)
      await Promise.all(waiting.splice(0, AT_ONCE).map(async (name) => this.#lookAtOne(name)));
  }

  async #lookAtOne(file: string): Promise<void> {
    const look = (this.#look += 1);
    const looks = this.#looks.get(file) ?? { running: 0, holds: 0 };
    this.#looks.set(file, looks);
    looks.running += 1;
    try {
      const path = join(this.parts.folder, file);
      const entry = await this.#read(file, path, this.#entries.get(file)?.identity);
      if (look < looks.holds) return;
      looks.holds = look;
      if (entry !== 'same') this.#set(file, entry);
    } finally {
      looks.running -= 1;
      if (looks.running === 0) this.#looks.delete(file);
    }
  }

  async #read(file: string, path: string, known: string | undefined): Promise<Entry<T> | 'same' | undefined> {
    const { shown, parse } = this.parts;
    let identity = '';
    try {
      const stats = known === undefined ? undefined : await ifPresent(stat(path));
      if (stats && identityOf(stats) === known) return 'same';
      const found = await readBounded(path, `${shown}/${file}`);
      if (!found) return undefined;
      identity = identityOf(found.stats);
      const text = found.bytes.toString('utf8');
      return { identity, value: parse(text, `${shown}/${file}`, file.slice(0, -ENDING.length)) };
    } catch (error) {
      const isForeseen = error instanceof ImagoError || errorCode(error) !== undefined;
      if (!isForeseen) throw error;
      const said = error instanceof ImagoError ? error.message : `${shown}/${file}: ${fileReason(error)}`;
      return { identity, value: undefined, fault: said };
    }
  }

  #set(file: string, entry: Entry<T> | undefined): void {
    const before = this.#entries.get(file);
    if (entry) this.#entries.set(file, entry);
    else this.#entries.delete(file);
    if (entry?.fault !== undefined && entry.fault !== before?.fault) this.parts.found(entry.fault);
    if (entry?.value ?? before?.value) this.parts.changed?.(file.slice(0, -ENDING.length), entry?.value);
  }

  #tell(trouble: string): void {
    if (this.#trouble !== trouble) this.parts.found(trouble);
    this.#trouble = trouble;
  }

  #now(): number {
    return (this.parts.clock ?? performance.now.bind(performance))();
  }
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const names = (await ifPresent(readdir(folder))) ?? [];
  return names.filter((name) => name.endsWith(ENDING)).sort();
}
