import { setImmediate as nextTurn } from 'node:timers/promises';
import { join } from 'node:path';
import type { ImagoError } from '../../../errors.js';
import { identityOf, statsAt } from '../../../files/file-identity.js';
import { LimitedLog } from '../../../net/limited-log.js';
import type { Alarm } from '../../../provision/alarms.js';
import { faultOf, filesOf } from './inspect.js';

/** Alarms there are at once: more faulty files are one more alarm. */
export const MOST_ALARMS = 100;
const LOOK_SECONDS = 10;
/** A look rests at least so many times as long as it took. */
const REST = 20;
/** Files between which others come to their turn. */
const AT_ONCE = 32;

export interface FaultyFilesParts {
  /** The data folder. */
  readonly root: string;
  readonly log: { warn(facts: object, message: string): void };
  readonly clock: () => Date;
}

interface Fault {
  readonly message: string;
  readonly since: Date;
}

/** The faulty files of a data folder, as they are known: each is told of once, and holds until it is put right. */
export class FaultyFiles {
  readonly #faults = new Map<string, Fault>();
  /** Of files that were looked at, by their paths. */
  #identities = new Map<string, string>();
  #looking: Promise<void> | undefined;
  #next: NodeJS.Timeout | undefined;
  #isClosed = false;
  readonly #limited: LimitedLog<'warn'>;

  constructor(private readonly parts: FaultyFilesParts) {
    this.#limited = new LimitedLog<'warn'>(parts.log, () => parts.clock().getTime());
  }

  /** Looks now, and then every few seconds. */
  async start(): Promise<void> {
    const startedAt = performance.now();
    try {
      await this.look();
    } catch (error) {
      this.#tell('', error);
    }
    const rest = Math.max(LOOK_SECONDS * 1000, REST * (performance.now() - startedAt));
    if (!this.#isClosed) this.#next = setTimeout(() => void this.start(), rest).unref();
  }

  /** Looks at all files, and reads those that are not as they were. */
  look(): Promise<void> {
    this.#looking ??= this.#lookAtAll().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** A file has just been read: it is sound, or this is wrong with it. */
  saw(path: string, trouble: ImagoError | undefined): void {
    const before = this.#faults.get(path);
    if (before?.message === trouble?.message) return;
    this.#faults.delete(path);
    this.#identities.delete(path);
    if (!trouble) return;
    this.#faults.set(path, { message: trouble.message, since: before?.since ?? this.parts.clock() });
    if (this.#faults.size <= MOST_ALARMS) this.#tell(path, trouble);
  }

  alarms(): readonly Alarm[] {
    const all = [...this.#faults.values()];
    const alarm = (fault: Fault): Alarm => ({ code: 'BOOTCFG_FILE', ...fault });
    const told = all.slice(0, MOST_ALARMS).map(alarm);
    const more = all[MOST_ALARMS];
    if (!more) return told;
    const message = `${all.length - MOST_ALARMS} more files of ${this.parts.root} are at fault: imago --check-config lists them`;
    return [...told, alarm({ message, since: more.since })];
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#next);
    await this.#looking;
  }

  #tell(path: string, trouble: unknown): void {
    const message = trouble instanceof Error ? trouble.message : String(trouble);
    this.#limited.write('warn', path, { folder: this.parts.root }, `bootcfg: ${message}`);
  }

  async #lookAtAll(): Promise<void> {
    const identities = new Map<string, string>();
    const there = new Set<string>();
    for await (const found of filesOf(this.parts.root)) {
      if (this.#isClosed) return;
      if ('trouble' in found) {
        there.add(found.path);
        this.saw(found.path, found.trouble);
        continue;
      }
      const path = found.segments.join('/');
      there.add(path);
      const stats = await statsAt(join(this.parts.root, path));
      const identity = stats ? identityOf(stats) : '';
      if (identity === '' || this.#identities.get(path) !== identity) {
        this.saw(path, await faultOf(this.parts.root, found.segments));
        if (there.size % AT_ONCE === 0) await nextTurn();
      }
      identities.set(path, identity);
    }
    for (const path of this.#faults.keys()) if (!there.has(path)) this.#faults.delete(path);
    this.#identities = identities;
  }
}
