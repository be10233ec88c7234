import type { MacAddress } from '../../../net/mac-address.js';
import { ApiBusy } from './errors.js';

/** The one that was asked for longest ago goes. Together they take 32 MiB at most. */
const MOST_KEPT = 500;

export interface AskedMachinesParts {
  readonly ask: (mac: MacAddress) => Promise<unknown>;
  readonly keepMs: () => number;
  readonly mostRequests: () => number;
  readonly whenBusy: (mac: MacAddress) => void;
  /** In milliseconds. */
  readonly now: () => number;
}

/**
 * Answers of an API server, kept for a moment, since a machine asks several times for one boot. Who asks for the same machine meanwhile
 * gets the same answer; what failed is asked for anew.
 */
export class AskedMachines {
  readonly #kept = new Map<MacAddress, { readonly json: unknown; readonly until: number }>();
  readonly #asking = new Map<MacAddress, Promise<unknown>>();

  constructor(private readonly parts: AskedMachinesParts) {}

  /** @throws ApiBusy, and what `ask` throws */
  async answer(mac: MacAddress): Promise<unknown> {
    const kept = this.#kept.get(mac);
    if (kept && kept.until > this.parts.now()) return kept.json;
    const asking = this.#asking.get(mac);
    if (asking) return asking;
    const most = this.parts.mostRequests();
    if (this.#asking.size >= most) {
      this.parts.whenBusy(mac);
      throw new ApiBusy(most);
    }
    const asked = this.#ask(mac);
    this.#asking.set(mac, asked);
    try {
      return await asked;
    } finally {
      this.#asking.delete(mac);
    }
  }

  forget(): void {
    this.#kept.clear();
  }

  async #ask(mac: MacAddress): Promise<unknown> {
    const json = await this.parts.ask(mac);
    this.#kept.delete(mac);
    this.#kept.set(mac, { json, until: this.parts.now() + this.parts.keepMs() });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return json;
  }
}
