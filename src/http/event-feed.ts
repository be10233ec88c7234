import type { Event } from '../api/events.js';
import type { HostArchive, LoggedChange } from '../host/host-archive.js';
import type { HostStore, RecordedChange } from '../host/host-store.js';
import type { RecordEvent, RecordStore } from '../host/record-kind.js';
import { changeCodeOf } from '../host/change-words.js';
import type { Serial } from '../host/serial.js';
import type { Joining, JoiningNews } from '../joining/joining.js';
import type { StuckNews, StuckWatch } from '../provision/stuck-watch.js';
import type { MachineSecrets } from '../secrets/machine-secrets.js';
import type { SecretNews } from '../secrets/secret-news.js';
import type { Progress, ProgressBoard } from '../provision/progress-board.js';

const REMEMBERED = 1000;
/** Whoever is further behind reads the fleet anew. */
const MOST_REPLAYED = 10_000;

interface FeedParts {
  readonly store: Pick<HostStore, 'subscribe' | 'host'> &
    Pick<HostArchive, 'log' | 'changesAfter'> &
    RecordStore;
  readonly progress: Pick<ProgressBoard, 'subscribe'>;
  readonly stuck: Pick<StuckWatch, 'subscribe'>;
  readonly joining: Pick<Joining, 'subscribe'>;
  readonly news?: NewsSource | undefined;
  readonly secrets?: Pick<MachineSecrets, 'subscribe'> | undefined;
}

/** Oldest first. */
type EventPages = AsyncGenerator<readonly Event[]>;

/**
 * What happens to machines, for those who watch. The latest is remembered; older changes are in the store's log, so that
 * who comes back, also after a restart, is told each change once and in order.
 */
export class EventFeed {
  readonly #watchers = new Set<(event: Event) => void>();
  /** Oldest first. */
  #recent: Remembered[] = [];
  readonly #leave: readonly (() => void)[];
  readonly #loaded: Promise<void>;
  #lastChange = '';
  #reports = 0;

  private readonly store: FeedParts['store'];

  constructor({ store, progress, stuck, joining, news, secrets }: FeedParts) {
    this.store = store;
    this.#leave = [
      store.subscribe((change) => this.#tellChange(new RememberedChange(change))),
      ...[...store.kinds.values()].map((kind) =>
        store
          .records(kind)
          .subscribe((event) => this.#tellChange({ id: event.revision, event: eventOfRecord(event) })),
      ),
      progress.subscribe((serial, report) => this.#tellReport(ofReport(serial, report))),
      stuck.subscribe((report) => this.#tellReport(ofStuck(report))),
      joining.subscribe((each) => this.#tellReport(ofJoining(each))),
      ...(news ? [news.subscribe((each) => this.#tellReport(ofCluster(each)))] : []),
      ...(secrets ? [secrets.subscribe((each) => this.#tellReport(ofSecrets(each)))] : []),
    ];
    this.#loaded = this.#load();
    this.#loaded.catch(() => undefined); // told to those who wait for it
  }

  /**
   * What came after the event of that id; all that is remembered when there is none.
   * @throws ChangesTooOld
   */
  async since(id: string | undefined): Promise<readonly Event[]> {
    const events: Event[] = [];
    for await (const page of this.#past(id, await this.#older(id))) events.push(...page);
    return events;
  }

  /**
   * The same in parts, with what comes from then on: nothing in between is missed, nothing told twice.
   * @throws ChangesTooOld
   */
  async resume(
    id: string,
    watcher: (event: Event) => void,
  ): Promise<{ readonly past: EventPages; readonly leave: () => void }> {
    const older = await this.#older(id);
    return { past: this.#past(id, older), leave: this.watch(watcher) };
  }

  /** Until the returned function is called. */
  watch(watcher: (event: Event) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  close(): void {
    for (const leave of this.#leave) leave();
  }

  /** What is in the log from before this feed began. */
  async #load(): Promise<void> {
    const log = await this.store.log({ limit: REMEMBERED });
    const known = new Set(this.#recent.map(({ id }) => id));
    const older = [...log]
      .reverse()
      .filter(({ revision }) => !known.has(revision))
      .map((change) => ({ id: change.revision, event: eventOf(change) }));
    this.#recent = [...older, ...this.#recent].slice(-REMEMBERED);
    if (this.#lastChange === '') this.#lastChange = older.at(-1)?.id ?? '';
  }

  /** The changes since an event that is not remembered any more; undefined when nothing is known of it. */
  async #older(id: string | undefined): Promise<EventPages | undefined> {
    await this.#loaded;
    if (id === undefined || this.#place(id) >= 0) return undefined;
    const changes = await this.store.changesAfter(changeIn(id), MOST_REPLAYED);
    return changes && eventPages(changes);
  }

  /** Both together, with no change twice, as it stands at this moment. */
  #past(id: string | undefined, older: EventPages | undefined): EventPages {
    const position = id === undefined ? -1 : this.#place(id);
    const recent = this.#recent.slice(position + 1).map((remembered) => remembered.event);
    return joined(position < 0 ? older : undefined, recent);
  }

  /** Where that event is remembered; of a report from before a restart, where the change before it is. */
  #place(id: string): number {
    const place = this.#recent.findIndex((event) => event.id === id);
    const change = changeIn(id);
    return place >= 0 ? place : this.#recent.findIndex((event) => event.id === change);
  }

  #tellChange(change: Remembered): void {
    this.#lastChange = change.id;
    this.#tell(change);
  }

  #tellReport(event: Omit<Event, 'id'>): void {
    this.#reports += 1;
    const state = stateOf(this.store.host(event.serial as Serial));
    const id = `${this.#lastChange}~${this.#reports}`;
    this.#tell({ id, event: { id, ...event, ...state } });
  }

  #tell(remembered: Remembered): void {
    this.#recent.push(remembered);
    if (this.#recent.length > REMEMBERED) this.#recent.shift();
    for (const watcher of this.#watchers) watcher(remembered.event);
  }
}

/** The id of a report begins with that of the change before it. */
function changeIn(id: string): string {
  return id.split('~', 1)[0] ?? '';
}

interface Remembered {
  readonly id: string;
  readonly event: Event;
}

/** In a storm there are thousands and nobody watches: its event is made for who asks. */
class RememberedChange implements Remembered {
  constructor(private readonly change: RecordedChange) {}

  get id(): string {
    return this.change.revision;
  }

  get event(): Event {
    return eventOf({ ...this.change, state: this.change.host?.state });
  }
}

/** What is not remembered, up to what is; then that. */
async function* joined(older: EventPages | undefined, recent: readonly Event[]): EventPages {
  const places = new Map(recent.map(({ id }, place) => [id, place]));
  for await (const page of older ?? []) {
    const next = page.findIndex(({ id }) => places.has(id));
    yield next < 0 ? page : page.slice(0, next);
    if (next < 0) continue;
    yield recent.slice(places.get(page[next]?.id ?? ''));
    return;
  }
  yield recent;
}

async function* eventPages(changes: AsyncIterable<readonly LoggedChange[]>): EventPages {
  for await (const page of changes) yield page.map(eventOf);
}

function eventOf(change: LoggedChange): Event {
  const { revision, time, author, serial, record, what, state } = change;
  return {
    id: revision,
    time: time.toISOString(),
    kind: 'change',
    code: (record === undefined ? changeCodeOf(what) : change.code) ?? 'other',
    serial: serial ?? '',
    ...(record !== undefined && { record }),
    what,
    author,
    ...(state !== undefined && { state }),
  };
}

function eventOfRecord({ kind, name, ...facts }: RecordEvent): Event {
  return eventOf({ ...facts, record: `${kind}/${name}`, state: undefined });
}

function ofReport(serial: Serial, { phase, message, time }: Progress): Omit<Event, 'id'> {
  const what = message === '' ? phase : `${phase}: ${message}`;
  return { time: time.toISOString(), kind: 'progress', code: phase, serial, what };
}

function ofCluster({ code, what, time }: ClusterNews): Omit<Event, 'id'> {
  return { time: time.toISOString(), kind: 'cluster', code, serial: '', what };
}

function ofSecrets({ code, serial, what, time }: SecretNews): Omit<Event, 'id'> {
  return { time: time.toISOString(), kind: 'secrets', code, serial, what };
}

function ofStuck({ serial, kind, detail, time }: StuckNews): Omit<Event, 'id'> {
  return { time: time.toISOString(), kind: 'stuck', code: kind, serial, what: `${kind}: ${detail}` };
}

function ofJoining({ code, machine, by, time }: JoiningNews): Omit<Event, 'id'> {
  const { product } = machine.hardware ?? {};
  const what = code === 'waiting' ? `waits to be accepted, code ${machine.code}` : 'rejected';
  return {
    time: time.toISOString(),
    kind: 'pending',
    code,
    serial: machine.serial,
    what: product === undefined ? what : `${what}: ${product}`,
    ...(by !== undefined && { author: by }),
  };
}

function stateOf(host: { readonly state: Event['state'] } | undefined): Pick<Event, 'state'> {
  return host?.state === undefined ? {} : { state: host.state };
}

/** What happens to the cluster as a whole, and is no change of a machine. */
export interface ClusterNews {
  readonly code: 'exchange-failed' | 'exchange-works' | 'pulled';
  /** The same for people. */
  readonly what: string;
  readonly time: Date;
}

export interface NewsSource {
  /** Until the returned function is called. */
  subscribe(watcher: (news: ClusterNews) => void): () => void;
}
