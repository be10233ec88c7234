import type { HostStore } from '../host/host-store.js';
import type { Serial } from '../host/serial.js';
import { timelineOf } from '../host/timeline.js';

/** When each host last became configured: as it was seen, or as its history has it. Both tell the same, as boots are named by it. */
export class ConfiguredTimes {
  /** In milliseconds, at whole seconds. */
  readonly #seen = new Map<Serial, number>();
  readonly #leave: () => void;

  constructor(
    private readonly store: Pick<HostStore, 'host' | 'history' | 'subscribe'>,
    private readonly clock: () => Date,
  ) {
    this.#leave = store.subscribe(({ serial, host, before, time }) => {
      if (!host) this.#seen.delete(serial);
      else if (host.state === 'configured' && before?.state !== 'configured')
        this.#seen.set(serial, inHistory(time));
    });
  }

  /** In milliseconds, at whole seconds; -Infinity of a host that never was. One that is not a host yet is configured now. */
  async of(serial: Serial): Promise<number> {
    const host = this.store.host(serial);
    if (!host || host.state === 'unknown') return inHistory(this.clock());
    const seen = this.#seen.get(serial);
    if (seen !== undefined) return seen;
    const stays = timelineOf(await this.store.history(serial), this.clock());
    const at = stays.findLast(({ state }) => state === 'configured')?.since.getTime() ?? -Infinity;
    this.#seen.set(serial, this.#seen.get(serial) ?? at);
    return this.#seen.get(serial) ?? at;
  }

  close(): void {
    this.#leave();
  }
}

/** In milliseconds: Git keeps whole seconds, which is all that a restart leaves. */
function inHistory(time: Date): number {
  return Math.floor(time.getTime() / 1000) * 1000;
}
