import { join } from 'node:path';
import type { RawId } from '../../git/object.js';
import type { OtherFile } from '../loaded-tip.js';
import { statOf } from '../../git/index-file.js';
import { findRecordFile } from './work-tree.js';

/** A file that somebody changed, and that imago leaves as it is. */
export interface LeftEdit {
  readonly path: string;
  /** What is committed there; undefined for nothing. */
  readonly committed: RawId | undefined;
  /** For operators, with the remedy. */
  readonly message: string;
}

/** So many are looked at and named, since health is asked for often. */
const MOST_NAMED = 20;

/** What a start found and left to the operator: told of until the file is gone, or is what is committed. */
export class LeftEdits {
  #edits: readonly LeftEdit[];

  constructor(
    private readonly directory: string,
    edits: readonly LeftEdit[],
  ) {
    this.#edits = edits;
  }

  /** Looks at the files. */
  troubles(): readonly string[] {
    const named = this.#edits.slice(0, MOST_NAMED).filter((edit) => this.#isLeft(edit));
    const more = this.#edits.slice(MOST_NAMED);
    this.#edits = [...named, ...more];
    const rest = more.length > 0 ? [`${more.length} more files are not taken up`] : [];
    return [...named.map(({ message }) => message), ...rest];
  }

  /** Somebody committed: that may have settled it. */
  follow(others: readonly OtherFile[]): void {
    const ids = new Map(others.map(({ path, id }) => [path, id]));
    this.#edits = this.#edits.map((edit) => ({ ...edit, committed: ids.get(edit.path) }));
  }

  #isLeft({ path, committed }: LeftEdit): boolean {
    try {
      if (!committed) return statOf(join(this.directory, path)) !== undefined;
      const found = findRecordFile(this.directory, path);
      return found !== undefined && !found.id.equals(committed);
    } catch {
      return true; // what cannot be read is not settled
    }
  }
}
