import type { MacAddress } from '../../../net/mac-address.js';
import { ApiBusy } from './errors.js';

/** The one that was asked for longest ago goes. With what was worked out of them they take 100 MB at most. */
const MOST_KEPT = 500;

export interface AskedMachinesParts<Answer> {
  readonly ask: (mac: MacAddress) => Promise<Answer>;
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
export class AskedMachines<Answer = unknown> {
  readonly #kept = new Map<MacAddress, { readonly answer: Answer; readonly until: number }>();
  readonly #asking = new Map<MacAddress, Promise<Answer>>();

  constructor(private readonly parts: AskedMachinesParts<Answer>) {}

  /** @throws ApiBusy, and what `ask` throws */
  async answer(mac: MacAddress): Promise<Answer> {
    const kept = this.#kept.get(mac);
    if (kept && kept.until > this.parts.now()) return kept.answer;
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

  async #ask(mac: MacAddress): Promise<Answer> {
    const answer = await this.parts.ask(mac);
    this.#kept.delete(mac);
    this.#kept.set(mac, { answer, until: this.parts.now() + this.parts.keepMs() });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return answer;
  }
}
