/** Where something stands in what was converted. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** Something that a person must look at. */
export interface Mark extends Place {
  readonly text: string;
}

/** What cannot be said in imago's terms. */
export class Untranslatable extends Error {}

export function markText({ file, line, text }: Mark): string {
  return `TODO ${file}:${line}: ${text}`;
}

/** Collects marks, each once. */
export class Marks {
  readonly #marks = new Map<string, Mark>();

  add(place: Place, text: string): Mark {
    const mark = { file: place.file, line: place.line, text };
    this.#marks.set(markText(mark), mark);
    return mark;
  }

  get all(): readonly Mark[] {
    return [...this.#marks.values()].sort(
      (a, b) => (a.file < b.file ? -1 : Number(a.file > b.file)) || a.line - b.line,
    );
  }
}
