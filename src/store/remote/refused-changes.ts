import { z } from 'zod';
import type { RecordKey } from '../layout.js';
import type { RepositoryPaths } from '../repository.js';
import { StateFile } from '../state-file.js';

const kept = z.object({ origin: z.string(), refused: z.record(z.string(), z.string()) });

/**
 * What was refused of a repository elsewhere, and why, until it is put right there. A pull looks only at what is new there, so
 * that it is kept in a file: after a restart no pull would come upon it again.
 */
export class RefusedChanges {
  readonly #file: StateFile<z.infer<typeof kept>>;
  #origin: string | undefined;
  #refused = new Map<RecordKey, string>();
  #hasNews = false;

  constructor(paths: Pick<RepositoryPaths, 'stateFolder' | 'scratchFolder'>) {
    this.#file = new StateFile(paths, 'refused.json', kept);
  }

  get reasons(): readonly string[] {
    return [...this.#refused.values()];
  }

  /** From now on those of this repository, or of none. */
  follow(origin: string | undefined): void {
    if (origin === this.#origin) return;
    this.#origin = origin;
    this.#hasNews = false;
    const state = origin === undefined ? undefined : this.#file.load();
    const entries = state?.origin === origin ? Object.entries(state?.refused ?? {}) : [];
    this.#refused = new Map(entries.map(([key, reason]) => [key as RecordKey, reason]));
  }

  /** Those of a decision; undefined is refused no more. */
  note(refusals: ReadonlyMap<RecordKey, string | undefined>): void {
    for (const [key, fault] of refusals) {
      const reason = fault && `a change made elsewhere is not taken in: ${fault}`;
      if (this.#refused.get(key) === reason) continue;
      this.#hasNews = true;
      if (reason === undefined) this.#refused.delete(key);
      else this.#refused.set(key, reason);
    }
  }

  /** Durable on return. Before the merge is recorded: what was refused by one that is there is known. */
  save(): void {
    if (this.#origin === undefined || !this.#hasNews) return;
    this.#file.save({ origin: this.#origin, refused: Object.fromEntries(this.#refused) });
    this.#hasNews = false;
  }
}
