import type { ImagoError } from '../errors.js';

export interface Alarm {
  readonly code: string;
  readonly message: string;
  readonly since: Date;
}

/** What is wrong now and needs an operator, one of each code. */
export class Alarms {
  readonly #alarms = new Map<string, Alarm>();

  /** Whether it is news. */
  raise(error: ImagoError, now: Date): boolean {
    const isNew = !this.#alarms.has(error.code);
    if (isNew) this.#alarms.set(error.code, { code: error.code, message: error.message, since: now });
    return isNew;
  }

  /** Whether it was raised. */
  clear(code: string): boolean {
    return this.#alarms.delete(code);
  }

  list(): readonly Alarm[] {
    return [...this.#alarms.values()];
  }
}
