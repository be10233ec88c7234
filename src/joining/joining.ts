import type { JoiningSettings } from '../config/new-hosts-section.js';
import type { FleetView } from '../host/host-store.js';
import type { Serial } from '../host/serial.js';
import type { ReachLimit } from '../limits.js';
import { TokenBuckets } from '../net/token-buckets.js';
import { AmbiguousPending, NotAccepted, UnknownPending } from './errors.js';
import { asCode } from './join-code.js';
import { PendingBoard } from './pending-board.js';
import {
  keyOf,
  seenAgain,
  type PendingMachine,
  type RejectedMachine,
  type Sighting,
} from './pending-machine.js';

/** Where rejections outlive the daemon. */
export interface RejectionsKeeper {
  /** Durable when it resolves. @throws StoreUnavailable */
  save(rejected: readonly RejectedMachine[]): Promise<void>;
}

export interface JoiningParts {
  /** Of which codes are made. */
  readonly key: Uint8Array;
  readonly settings: () => JoiningSettings;
  readonly fleet: Pick<FleetView, 'host'>;
  readonly rejected: readonly RejectedMachine[];
  readonly keeper: RejectionsKeeper;
  readonly reach: ReachLimit;
  readonly clock: () => Date;
}

/** A machine begins to wait, or is rejected. */
export interface JoiningNews {
  readonly code: 'waiting' | 'rejected';
  readonly machine: PendingMachine;
  /** Who rejected it. */
  readonly by?: string | undefined;
  readonly time: Date;
}

/** The oldest goes for a further one. */
const MOST_REJECTED = 1000;
/** Beside one for each that may wait: strangers who come and go tell no more. */
const NEWS_PER_MINUTE = 60;

/** What becomes of machines that nobody named, and are not hosts. Who waits is in memory; what an operator rejected is on disk. */
export class Joining {
  readonly #board: PendingBoard;
  /** By key; who was rejected last comes last. */
  readonly #rejected: Map<string, RejectedMachine>;
  readonly #watchers = new Set<(news: JoiningNews) => void>();
  readonly #told = new TokenBuckets();
  #deciding: Promise<void> = Promise.resolve();

  constructor(private readonly parts: JoiningParts) {
    this.#board = new PendingBoard(parts.key);
    this.#rejected = new Map(parts.rejected.map((machine) => [keyOf(machine), machine]));
  }

  /** Such a machine asks: why it is not taken up now, if it is not. It waits from then on. */
  ask(sighting: Sighting): NotAccepted | undefined {
    const { settings, clock, reach } = this.parts;
    const { mode, maxPending } = settings();
    const { serial } = sighting;
    const now = clock();
    const rejected = this.#rejectedAs(sighting);
    if (rejected) {
      this.#rejected.set(keyOf(rejected), seenAgain(rejected, sighting, now));
      return NotAccepted.rejected(serial, rejected.code);
    }
    if (mode === 'auto') return undefined;
    if (mode === 'listed') return NotAccepted.listed(serial);
    const { machine, isNew, pushedOut } = this.#board.saw(sighting, maxPending, now, (code) =>
      [...this.#rejected.values()].some((other) => other.code === code),
    );
    if (pushedOut || !machine) reach('pending-machines', { serial: (pushedOut ?? sighting).serial });
    if (!machine) return NotAccepted.crowded(serial, maxPending);
    if (isNew) this.#tell({ code: 'waiting', machine, time: now });
    return NotAccepted.pending(serial, machine.code);
  }

  /** What `ask` would answer, without noting anything. */
  preview(sighting: Pick<Sighting, 'serial' | 'mac' | 'address'>): NotAccepted | undefined {
    const { mode } = this.parts.settings();
    const { serial, mac, address } = sighting;
    const isAnyCard = mac === undefined && address === undefined;
    const rejected = isAnyCard
      ? [...this.#rejected.values()].find((machine) => machine.serial === serial)
      : this.#rejectedAs(sighting);
    if (rejected) return NotAccepted.rejected(serial, rejected.code);
    if (mode === 'auto') return undefined;
    if (mode === 'listed') return NotAccepted.listed(serial);
    const waiting = isAnyCard
      ? this.#board.list().find((machine) => machine.serial === serial)
      : this.#board.of(sighting);
    return waiting ? NotAccepted.pending(serial, waiting.code) : NotAccepted.unseen(serial);
  }

  /** Who has been waiting for longest comes first. */
  pending(): readonly PendingMachine[] {
    const { clock, fleet } = this.parts;
    this.#board.forgetGone(clock(), (serial) => fleet.host(serial) !== undefined);
    return this.#board.list();
  }

  /** Who was rejected last comes last. One that an operator added since is a host. */
  rejected(): readonly RejectedMachine[] {
    return [...this.#rejected.values()].filter(({ serial }) => this.parts.fleet.host(serial) === undefined);
  }

  /** The machine that is called so, by serial or code, though it was rejected. @throws UnknownPending, AmbiguousPending */
  named(word: string): PendingMachine {
    return named(word, [...this.pending(), ...this.rejected()], 'waits');
  }

  /** It is a host now: it does not wait any more, nor any other of its serial, and is not rejected. @throws StoreUnavailable */
  async accepted({ serial }: { readonly serial: Serial }): Promise<void> {
    for (const machine of this.#board.list()) if (machine.serial === serial) this.#board.remove(machine);
    await this.#decide(async (before) => {
      const rest = before.filter((machine) => machine.serial !== serial);
      if (rest.length < before.length) await this.#keep(rest);
    });
  }

  /** It is told so when it asks, and not shown any more. @throws UnknownPending, AmbiguousPending, StoreUnavailable */
  async reject(word: string, by: string): Promise<RejectedMachine> {
    return this.#decide(async () => {
      const machine = named(word, this.pending(), 'waits');
      const rejected = { ...machine, by, rejected: this.parts.clock() };
      const all = [...this.rejected(), rejected];
      const over = all.splice(0, Math.max(0, all.length - MOST_REJECTED));
      await this.#keep(all);
      for (const { serial } of over) this.parts.reach('rejected-machines', { serial });
      this.#board.remove(machine);
      this.#tell({ code: 'rejected', machine, by, time: rejected.rejected });
      return rejected;
    });
  }

  /** It may ask again as if it had never been rejected. @throws UnknownPending, AmbiguousPending, StoreUnavailable */
  async forget(word: string): Promise<RejectedMachine> {
    return this.#decide(async (before) => {
      const machine = named(word, this.rejected(), 'was rejected');
      await this.#keep(before.filter((other) => keyOf(other) !== keyOf(machine)));
      return machine;
    });
  }

  /** Until the returned function is called. */
  subscribe(watcher: (news: JoiningNews) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  #rejectedAs({
    serial,
    mac,
    address,
  }: Pick<Sighting, 'serial' | 'mac' | 'address'>): RejectedMachine | undefined {
    if (this.#rejected.size === 0) return undefined;
    const known = this.#rejected.get(keyOf({ serial, mac }));
    if (known || mac !== undefined || address === undefined) return known;
    return [...this.#rejected.values()].find((other) => other.serial === serial && other.address === address);
  }

  /** One decision after the other: each goes by what came of those before it. */
  async #decide<T>(decision: (rejected: readonly RejectedMachine[]) => Promise<T>): Promise<T> {
    const before = this.#deciding;
    const decide = async (): Promise<T> => {
      await before;
      return decision([...this.#rejected.values()]);
    };
    const decided = decide();
    this.#deciding = decided.then(
      () => undefined,
      () => undefined,
    );
    return decided;
  }

  async #keep(machines: readonly RejectedMachine[]): Promise<void> {
    await this.parts.keeper.save(machines);
    this.#rejected.clear();
    for (const machine of machines) this.#rejected.set(keyOf(machine), machine);
  }

  #tell(news: JoiningNews): void {
    const budget = { burst: this.parts.settings().maxPending, perMinute: NEWS_PER_MINUTE };
    if (!this.#told.take('', budget, news.time.getTime())) {
      this.parts.reach('pending-news', { serial: news.machine.serial });
      return;
    }
    for (const watcher of this.#watchers) watcher(news);
  }
}

/** By serial or by code. @throws UnknownPending, AmbiguousPending */
function named<M extends PendingMachine>(word: string, machines: readonly M[], whatFor: string): M {
  const serial = word.trim().toLowerCase();
  const code = asCode(word);
  const meant = machines.filter((machine) => machine.serial === serial || machine.code === code);
  const [machine] = meant;
  if (!machine) throw new UnknownPending(word, whatFor);
  if (meant.length === 1) return machine;
  throw new AmbiguousPending(
    word,
    meant.map((each) => each.code),
  );
}
