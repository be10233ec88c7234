import type { Logger } from 'pino';
import type { Author, FleetView, HistoryEntry, HostStore } from '../host/host-store.js';
import type { Host } from '../host/host.js';
import { changeWords } from '../host/change-words.js';
import type { Serial } from '../host/serial.js';
import type { ReachLimit } from '../limits.js';
import type { ProvisioningSettings } from './provisioning-settings.js';

export interface UnusedHostsParts {
  readonly store: HostStore;
  readonly settings: () => ProvisioningSettings;
  /** 0 keeps all. */
  readonly forgetAfterHours: () => number;
  readonly reach: ReachLimit;
  readonly clock: () => Date;
  readonly logger: Logger;
}

const HOUR = 3600_000;
/** A machine that waits asks several times a minute: after a restart each has the time to. */
const SETTLE_MS = 15 * 60_000;
/** Reading the past of a host costs: a range that somebody filled is empty again after minutes all the same. */
const MOST_AT_ONCE = 10;
const MOST_COMMITS = 100;
const AUTHOR: Author = { name: 'imago', kind: 'imago' };

/**
 * Gives the addresses back of machines that became hosts by asking and never came to their installation: nobody asks in their name
 * any more, and no operator had a hand in them. One that comes later is a new machine.
 */
export class UnusedHosts {
  readonly #startedAt: number;
  readonly #askedAt = new Map<Serial, number>();
  /** Of these an operator had a hand. */
  readonly #kept = new Set<Serial>();

  constructor(private readonly parts: UnusedHostsParts) {
    this.#startedAt = parts.clock().getTime();
  }

  /** The machine asks. Kept for hosts alone, so that nobody can fill it. */
  saw(serial: Serial): void {
    if (this.parts.store.host(serial)) this.#askedAt.set(serial, this.parts.clock().getTime());
  }

  /** To be called every minute or so. @throws StoreUnavailable */
  async forget(): Promise<void> {
    const { store, settings, forgetAfterHours, reach, clock, logger } = this.parts;
    this.#prune();
    const now = clock().getTime();
    const quietSince = now - forgetAfterHours() * HOUR;
    if (forgetAfterHours() === 0 || now - this.#startedAt < SETTLE_MS) return;
    const isQuiet = (serial: Serial) => (this.#askedAt.get(serial) ?? 0) <= quietSince;
    const mayGo = (host: Host) =>
      isUnused(host, settings()) && !this.#kept.has(host.serial) && isQuiet(host.serial);
    const candidates = [...store.hosts()].filter(mayGo).slice(0, MOST_AT_ONCE);
    for (const host of candidates) {
      const history = sinceItWasGone(await store.history(host.serial, MOST_COMMITS));
      if (!isItsOwn(history, host.serial)) this.#kept.add(host.serial);
      else if (history.every(({ time }) => time.getTime() <= quietSince)) {
        await store.change(AUTHOR, (fleet: FleetView) =>
          fleet.host(host.serial) === host && isQuiet(host.serial)
            ? [{ host, what: changeWords.forgotten, retired: true }]
            : [],
        );
        reach('unused-hosts', { serial: host.serial });
        logger.info(
          { serial: host.serial, hours: forgetAfterHours() },
          'a host that was never installed is forgotten',
        );
      } else this.#askedAt.set(host.serial, history[0]?.time.getTime() ?? now);
    }
  }

  #prune(): void {
    for (const serials of [this.#askedAt, this.#kept])
      for (const serial of serials.keys()) if (!this.parts.store.host(serial)) serials.delete(serial);
  }
}

function isUnused({ serial, state }: Host, { predefined }: ProvisioningSettings): boolean {
  return (state === 'configured' || state === 'unknown') && !predefined.has(serial);
}

/** A machine that left the fleet and came again is a new one. */
function sinceItWasGone(history: readonly HistoryEntry[]): readonly HistoryEntry[] {
  const gone = history.findIndex(({ state }) => state === undefined);
  return gone < 0 ? history : history.slice(0, gone);
}

/** A past that is too long to be looked at whole is not one of a machine that never did anything. */
function isItsOwn(history: readonly HistoryEntry[], serial: Serial): boolean {
  return (
    history.length > 0 && history.length < MOST_COMMITS && history.every(({ author }) => author === serial)
  );
}
