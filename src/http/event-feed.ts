import type { Event } from '../api/events.js';
import type { HostStore, RecordedChange } from '../host/host-store.js';
import type { Serial } from '../host/serial.js';
import type { StuckNews, StuckWatch } from '../provision/stuck-watch.js';
import type { Progress, ProgressBoard } from './progress-board.js';

const REMEMBERED = 1000;

/** What happens to machines, for those who watch; the latest are remembered for who comes late or comes back. */
export class EventFeed {
  readonly #watchers = new Set<(event: Event) => void>();
  readonly #recent: Event[] = [];
  readonly #leave: readonly (() => void)[];
  #reports = 0;

  constructor(
    store: Pick<HostStore, 'subscribe' | 'host'>,
    progress: Pick<ProgressBoard, 'subscribe'>,
    stuck: Pick<StuckWatch, 'subscribe'>,
  ) {
    this.#leave = [
      store.subscribe((change) => this.#tell(ofChange(change))),
      progress.subscribe((serial, report) => {
        this.#reports += 1;
        this.#tell({ ...ofReport(serial, report, this.#reports), ...stateOf(store.host(serial)) });
      }),
      stuck.subscribe((news) => {
        this.#reports += 1;
        this.#tell({ ...ofNews(news, this.#reports), ...stateOf(store.host(news.serial)) });
      }),
    ];
  }

  /** All that is remembered when the event of that id is not. */
  since(id: string | undefined): readonly Event[] {
    const position = id === undefined ? -1 : this.#recent.findIndex((event) => event.id === id);
    return this.#recent.slice(position + 1);
  }

  /** Until the returned function is called. */
  watch(watcher: (event: Event) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  close(): void {
    for (const leave of this.#leave) leave();
  }

  #tell(event: Event): void {
    this.#recent.push(event);
    if (this.#recent.length > REMEMBERED) this.#recent.shift();
    for (const watcher of this.#watchers) watcher(event);
  }
}

function ofChange({ commit, time, author, serial, what, host }: RecordedChange): Event {
  return { id: commit, time: time.toISOString(), kind: 'change', serial, what, author, ...stateOf(host) };
}

function ofReport(serial: Serial, { phase, message, time }: Progress, number: number): Event {
  const what = message === '' ? phase : `${phase}: ${message}`;
  return { id: `report-${number}`, time: time.toISOString(), kind: 'progress', serial, what };
}

function ofNews({ serial, kind, detail, time }: StuckNews, number: number): Event {
  const what = `${kind}: ${detail}`;
  return { id: `report-${number}`, time: time.toISOString(), kind: 'stuck', serial, what };
}

function stateOf(host: { readonly state: Event['state'] } | undefined): Pick<Event, 'state'> {
  return host?.state === undefined ? {} : { state: host.state };
}
