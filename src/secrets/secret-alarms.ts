import type { ImagoError } from '../errors.js';
import type { Serial } from '../host/serial.js';
import type { ReachLimit } from '../limits.js';
import { Alarms, type Alarm } from '../provision/alarms.js';
import type { SecretsServed } from './errors.js';

/** One request is enough to be looked at: it is shown for a day, or until an operator has the machine configured. */
const SHOWN_MS = 24 * 3600_000;
/** Machines; beyond it the one that asked longest ago goes. */
const MOST_ALARMS = 100;

/** What is wrong with secrets and needs an operator. */
export class SecretAlarms {
  readonly #alarms = new Alarms();
  /** When a machine asked again; the latest last. */
  readonly #asked = new Map<Serial, number>();
  /** What is wrong, by the name of the secret. */
  readonly #failing = new Map<string, string>();

  constructor(private readonly parts: { readonly clock: () => Date; readonly reach: ReachLimit }) {}

  /** A machine asks again for what its boot was handed. @returns whether it is news */
  asked(refusal: SecretsServed): boolean {
    const { clock, reach } = this.parts;
    const { serial } = refusal;
    this.#asked.delete(serial);
    this.#asked.set(serial, clock().getTime());
    const isNews = this.#alarms.raise(refusal.alarm, clock(), keyOf(serial));
    const [oldest] = this.#asked.keys();
    if (this.#asked.size > MOST_ALARMS && oldest !== undefined) {
      reach('secret-alarms', { serial: oldest });
      this.settle(oldest);
    }
    return isNews;
  }

  settle(serial: Serial): void {
    this.#asked.delete(serial);
    this.#alarms.clear(keyOf(serial));
  }

  /** A secret cannot be had. */
  fails(name: string, error: ImagoError): void {
    this.#failing.set(name, error.message);
    this.#alarms.raise(error, this.parts.clock(), name);
  }

  /** Why the secret could not be had when it was asked for last. */
  faultOf(name: string): string | undefined {
    return this.#failing.get(name);
  }

  works(name: string): void {
    this.#failing.delete(name);
    this.#alarms.clear(name);
  }

  /** @param isNamed Whether there still is such a secret. */
  list(isNamed: (name: string) => boolean): readonly Alarm[] {
    for (const name of this.#failing.keys()) if (!isNamed(name)) this.works(name);
    const since = this.parts.clock().getTime() - SHOWN_MS;
    for (const [serial, at] of this.#asked) if (at < since) this.settle(serial);
    return this.#alarms.list();
  }
}

/** No secret has a blank in its name. */
function keyOf(serial: Serial): string {
  return `asked ${serial}`;
}
