import type { EventsConfig } from '../config/events-section.js';
import type { Host } from '../host/host.js';
import type { HostStore, RecordedChange } from '../host/host-store.js';
import type { Serial } from '../host/serial.js';
import { timelineOf } from '../host/timeline.js';
import {
  afterBoot,
  afterChange,
  afterReport,
  afterRetry,
  courseOf,
  stuckOf,
  type Course,
  type Stuck,
} from './stuck.js';

export interface StuckNews {
  readonly kind: 'stuck' | 'recovered' | 'retried';
  readonly serial: Serial;
  readonly time: Date;
  readonly reason: string;
  readonly detail: string;
}

/** A machine that does not get through. */
export interface StuckHost extends Stuck {
  /** How often its power was cycled for it. */
  readonly retries: number;
}

export interface StuckWatchParts {
  readonly store: Pick<HostStore, 'hosts' | 'host' | 'subscribe' | 'history'>;
  readonly reports: {
    subscribe(
      watcher: (serial: Serial, report: { readonly phase: string; readonly message: string }) => void,
    ): () => void;
  };
  /** As they stand now. */
  readonly settings: () => EventsConfig['stuck'];
  readonly clock: () => Date;
  /** Has it boot from the network again, by its power. */
  readonly retry: (serial: Serial) => Promise<void>;
  readonly log: { info(facts: object, text: string): void; warn(facts: object, text: string): void };
}

interface Watched {
  course: Course;
  stuck?: Stuck | undefined;
  retries: number;
  retriedAt: number;
}

/** Keeps an eye on machines on their way; says so when one does not get through, and gives it further tries if it may. */
export class StuckWatch {
  readonly #watched = new Map<Serial, Watched>();
  readonly #watchers = new Set<(news: StuckNews) => void>();
  readonly #retrying = new Set<Promise<void>>();
  #leave: readonly (() => void)[] = [];

  constructor(private readonly parts: StuckWatchParts) {}

  /** Begins with the fleet as it is: a machine that was installing before a restart goes on counting from its commit. */
  async start(): Promise<void> {
    const { store, reports } = this.parts;
    this.#leave = [
      store.subscribe((change) => this.#changed(change)),
      reports.subscribe((serial, { phase, message }) =>
        this.#update(serial, (course) => afterReport(course, phase, message, this.#now())),
      ),
    ];
    for (const host of [...store.hosts()].filter(({ state }) => state === 'installing')) {
      const history = await store.history(host.serial);
      if (this.#watched.has(host.serial)) continue;
      const stay = timelineOf(history, this.parts.clock()).at(-1);
      this.#watch(host.serial, courseOf(host.state, stay?.since.getTime() ?? this.#now()));
    }
    this.tick();
  }

  /** It boots from the network. */
  booted(serial: Serial): void {
    const host = this.parts.store.host(serial);
    if (!host) return;
    if (!this.#watched.has(serial)) this.#watch(serial, courseOf(host.state, this.#now()));
    this.#update(serial, (course) => afterBoot(course, this.#now()));
  }

  of(serial: Serial): StuckHost | undefined {
    const watched = this.#watched.get(serial);
    return watched?.stuck && { ...watched.stuck, retries: watched.retries };
  }

  list(): readonly StuckHost[] {
    return [...this.#watched.keys()].flatMap((serial) => this.of(serial) ?? []);
  }

  /** Until the returned function is called. */
  subscribe(watcher: (news: StuckNews) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Time has passed. */
  tick(): void {
    for (const [serial, watched] of this.#watched) this.#look(serial, watched);
  }

  async close(): Promise<void> {
    for (const leave of this.#leave) leave();
    await Promise.all(this.#retrying);
  }

  #changed({ serial, host, before }: RecordedChange): void {
    if (!host) {
      this.#watched.delete(serial);
      return;
    }
    const watched = this.#watched.get(serial);
    const course = afterChange(watched?.course, host, before, this.#now());
    if (!watched) {
      this.#watch(serial, course);
      return;
    }
    const isNewBeginning = host.state === 'running' || isStartedOver(host, before);
    if (isNewBeginning) watched.retries = 0;
    this.#update(serial, () => course);
  }

  #watch(serial: Serial, course: Course): void {
    this.#watched.set(serial, { course, retries: 0, retriedAt: -Infinity });
  }

  #update(serial: Serial, step: (course: Course) => Course): void {
    const watched = this.#watched.get(serial);
    if (!watched) return;
    watched.course = step(watched.course);
    this.#look(serial, watched);
  }

  #look(serial: Serial, watched: Watched): void {
    const now = this.#now();
    const settings = this.parts.settings();
    const profile = this.parts.store.host(serial)?.profile;
    const ofProfile = profile === undefined ? undefined : settings.profiles[profile]?.installSeconds;
    const limits = {
      installMs: (ofProfile ?? settings.installSeconds) * 1000,
      boots: settings.bootLoop.boots,
      bootsMs: settings.bootLoop.seconds * 1000,
    };
    const before = watched.stuck;
    watched.stuck = stuckOf(watched.course, limits, now);
    if (watched.stuck && before?.reason !== watched.stuck.reason) {
      this.#tell(serial, 'stuck', watched.stuck.reason, watched.stuck.detail);
    } else if (!watched.stuck && before) {
      this.#tell(serial, 'recovered', before.reason, 'it goes on');
    }
    if (watched.stuck) this.#retryIfItMay(serial, watched, now);
  }

  /** Only a machine without a system of its own: beginning again must not cost a disk that somebody uses. */
  #retryIfItMay(serial: Serial, watched: Watched, now: number): void {
    const { budget, pauseSeconds } = this.parts.settings().retry;
    const isEmpty = watched.course.state === 'installing' || watched.course.state === 'configured';
    if (!isEmpty || watched.retries >= budget || now - watched.retriedAt < pauseSeconds * 1000) return;
    watched.retries += 1;
    watched.retriedAt = now;
    const what = `try ${watched.retries} of ${budget}`;
    const attempt = this.#retry(serial, watched, what);
    this.#retrying.add(attempt);
    void attempt.finally(() => this.#retrying.delete(attempt));
  }

  async #retry(serial: Serial, watched: Watched, what: string): Promise<void> {
    const reason = watched.stuck?.reason ?? 'stuck';
    try {
      await this.parts.retry(serial);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.parts.log.warn({ serial, reason: message }, `a stuck machine could not be begun again, ${what}`);
      return;
    }
    watched.course = afterRetry(watched.course, this.#now());
    watched.stuck = undefined;
    this.#tell(serial, 'retried', reason, `its power was cycled, ${what}`);
  }

  #tell(serial: Serial, kind: StuckNews['kind'], reason: string, detail: string): void {
    const news = { kind, serial, time: this.parts.clock(), reason, detail };
    this.parts.log[kind === 'stuck' ? 'warn' : 'info']({ serial, reason, detail }, `machine ${kind}`);
    for (const watcher of this.#watchers) watcher(news);
  }

  #now(): number {
    return this.parts.clock().getTime();
  }
}

function isStartedOver(host: Host, before: Host | undefined): boolean {
  return host.state === 'configured' && before !== undefined && before.state !== 'configured';
}
