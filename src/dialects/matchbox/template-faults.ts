/** Templates that are remembered: the one that failed longest ago goes first. */
const MOST_FAULTS = 100;

interface Fault {
  readonly message: string;
  /** Whether all that it was made of is as it was. */
  readonly holds: () => Promise<boolean>;
}

/** Templates that could not be given to the machine that asked last, by their names. */
export class TemplateFaults {
  readonly #faults = new Map<string, Fault>();
  #looking: Promise<void> | undefined;

  failed(template: string, message: string, holds: Fault['holds']): void {
    const known = this.#faults.has(template);
    if (!known && this.#faults.size >= MOST_FAULTS) {
      const [oldest = ''] = this.#faults.keys();
      this.#faults.delete(oldest);
    }
    this.#faults.set(template, { message, holds });
  }

  worked(template: string): void {
    this.#faults.delete(template);
  }

  /** A sentence each. */
  list(): readonly string[] {
    return Array.from(this.#faults.values(), ({ message }) => message);
  }

  /** Lets go of those whose template, profile or group is no longer what it was: the next machine shows whether that helped. */
  lookAgain(): Promise<void> {
    this.#looking ??= this.#lookAtAll().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookAtAll(): Promise<void> {
    const known = [...this.#faults];
    for (const [template, fault] of known) {
      const holds = await fault.holds().catch(() => true); // what cannot be looked at is not right yet
      if (!holds && this.#faults.get(template) === fault) this.#faults.delete(template);
    }
  }
}
