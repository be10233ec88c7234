import type { ImagoError } from '../errors.js';

export interface Alarm {
  readonly code: string;
  readonly message: string;
  readonly since: Date;
}

/** What is wrong now and needs an operator, one of each key. */
export class Alarms {
  readonly #alarms = new Map<string, Alarm>();

  /** Whether it is news. */
  raise({ code, message }: Pick<ImagoError, 'code' | 'message'>, now: Date, key: string = code): boolean {
    const isNew = !this.#alarms.has(key);
    if (isNew) this.#alarms.set(key, { code, message, since: now });
    return isNew;
  }

  clear(key: string): void {
    this.#alarms.delete(key);
  }

  has(key: string): boolean {
    return this.#alarms.has(key);
  }

  list(): readonly Alarm[] {
    return [...this.#alarms.values()];
  }
}
