import type { RawId } from './git-object.js';
import type { OtherFile } from './load-tip.js';
import { findFile } from './work-tree.js';

/** A file that somebody changed, and that imago leaves as it is. */
export interface LeftEdit {
  readonly path: string;
  /** What is committed there; undefined for nothing. */
  readonly committed: RawId | undefined;
  /** For operators, with the remedy. */
  readonly message: string;
}

/** What a start found and left to the operator: told of until the file is gone, or is what is committed. */
export class LeftEdits {
  #edits: readonly LeftEdit[];

  constructor(
    private readonly directory: string,
    edits: readonly LeftEdit[],
  ) {
    this.#edits = edits;
  }

  get troubles(): readonly string[] {
    this.#edits = this.#edits.filter(({ path, committed }) => {
      const found = findFile(this.directory, path);
      return found && !(committed && found.id.equals(committed));
    });
    return this.#edits.map(({ message }) => message);
  }

  /** Somebody committed: that may have settled it. */
  follow(others: readonly OtherFile[]): void {
    const ids = new Map(others.map(({ path, id }) => [path, id]));
    this.#edits = this.#edits.map((edit) => ({ ...edit, committed: ids.get(edit.path) }));
  }
}
