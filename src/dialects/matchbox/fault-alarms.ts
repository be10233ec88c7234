import type { Alarm } from '../../provision/alarms.js';

const MOST_NAMED = 20;

/** What of a data folder cannot be read, as alarms: each since it was first seen, and one for all beyond the first. */
export class FaultAlarms {
  #since = new Map<string, Date>();

  constructor(private readonly clock: () => Date) {}

  of(faults: readonly string[]): readonly Alarm[] {
    const left = faults.length - MOST_NAMED;
    const messages = faults.slice(0, MOST_NAMED);
    if (left > 0)
      messages.push(`${left} more files of matchbox.data are faulty: imago --check-matchbox lists them`);
    const now = this.clock();
    this.#since = new Map(messages.map((message) => [message, this.#since.get(message) ?? now]));
    return Array.from(this.#since, ([message, since]) => ({ code: 'MATCHBOX_FAULT', message, since }));
  }
}
