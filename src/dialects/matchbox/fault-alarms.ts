import type { Alarm } from '../../provision/alarms.js';

const MOST_NAMED = 20;

/** What machines get 404 for, as alarms: each since it was first seen, and one for all beyond the first. */
export class FaultAlarms {
  #since = new Map<string, Date>();

  constructor(private readonly clock: () => Date) {}

  of(faults: readonly string[]): readonly Alarm[] {
    const left = faults.length - MOST_NAMED;
    const messages = faults.slice(0, MOST_NAMED);
    if (left > 0)
      messages.push(`${left} more faults like these: imago --check-matchbox lists all of a data folder`);
    const now = this.clock();
    this.#since = new Map(messages.map((message) => [message, this.#since.get(message) ?? now]));
    return Array.from(this.#since, ([message, since]) => ({ code: 'MATCHBOX_FAULT', message, since }));
  }
}
