import type { ControlPiece, Piece, ValuePiece } from './expand-template.js';
import type { Mark, Place } from './marks.js';

/** What stands within a line: text, values, and choices that are over before the line is. */
export type Fragment =
  | { readonly kind: 'text'; readonly text: string }
  | ValuePiece
  | {
      readonly kind: 'choice';
      readonly branches: readonly {
        readonly tag: string;
        readonly condition: string;
        readonly fragments: readonly Fragment[];
      }[];
      readonly close: string;
    };

/** A template in lines; what is chosen or repeated over several of them stands between lines of its own. */
export type Item =
  | {
      readonly kind: 'line';
      readonly indent: number;
      readonly fragments: readonly Fragment[];
      readonly at: Place;
    }
  | {
      readonly kind: 'control';
      readonly branches: readonly ItemBranch[];
      readonly close: string;
      readonly at: Place;
    }
  | { readonly kind: 'mark'; readonly mark: Mark; readonly at: Place };

export interface ItemBranch {
  readonly tag: string;
  readonly items: readonly Item[];
}

/** Lays a template out in lines. Blanks before and after a tag that has lines of its own are of no account in YAML. */
export function linesOf(pieces: readonly Piece[]): readonly Item[] {
  return new LineMaker().make(pieces).items;
}

class LineMaker {
  readonly #items: Item[] = [];
  #fragments: Fragment[] = [];
  #at: Place | undefined;
  #isAfterTag: boolean;

  /** @param indent what stands before the first text; undefined at the beginning of a file. */
  constructor(indent?: string) {
    this.#isAfterTag = indent !== undefined;
    if (indent === undefined) return;
    if (indent !== '') this.#fragments.push({ kind: 'text', text: indent });
  }

  /** @returns also the blanks at the end, which are those before what follows. */
  make(pieces: readonly Piece[]): { readonly items: readonly Item[]; readonly rest: string } {
    for (const piece of pieces) this.#take(piece);
    const rest = this.#blanks();
    if (rest === undefined) this.#endLine();
    return { items: this.#items, rest: rest ?? '' };
  }

  #take(piece: Piece): void {
    switch (piece.kind) {
      case 'text':
        return this.#text(piece.text, piece.at);
      case 'mark':
        this.#items.push(piece);
        return;
      case 'value':
        this.#at ??= piece.at;
        this.#fragments.push(piece);
        return;
      case 'control':
        if (isInline(piece)) {
          this.#at ??= piece.at;
          this.#fragments.push(choiceOf(piece));
          return;
        }
        return this.#control(piece);
    }
  }

  #text(text: string, at: Place): void {
    for (const [offset, part] of text.split('\n').entries()) {
      // The line of a tag ends with it.
      if (offset > 0 && !(this.#isAfterTag && this.#blanks() !== undefined)) this.#endLine();
      else if (offset > 0) this.#fragments = [];
      if (offset > 0) this.#isAfterTag = false;
      if (part === '') continue;
      this.#at ??= { ...at, line: at.line + offset };
      this.#fragments.push({ kind: 'text', text: part });
    }
  }

  #control({ branches, close, at }: ControlPiece): void {
    const indent = this.#blanks();
    if (indent === undefined) this.#endLine();
    this.#fragments = [];
    this.#at = undefined;
    let rest = '';
    const laid = branches.map(({ tag, pieces }) => {
      const made = new LineMaker(indent ?? '').make(pieces);
      rest = made.rest;
      return { tag, items: made.items };
    });
    this.#items.push({ kind: 'control', branches: laid, close, at });
    this.#isAfterTag = true;
    // The rest of the line stands where the tag stood.
    if (rest !== '') this.#fragments.push({ kind: 'text', text: rest });
  }

  /** What the line has so far, when that is nothing but blanks. */
  #blanks(): string | undefined {
    const texts = this.#fragments.map((fragment) => (fragment.kind === 'text' ? fragment.text : 'x'));
    const text = texts.join('');
    return text.trim() === '' ? text : undefined;
  }

  #endLine(): void {
    const { indent, fragments } = trimmed(this.#fragments);
    const at = this.#at ?? { file: '', line: 0 };
    this.#items.push({ kind: 'line', indent, fragments, at });
    this.#fragments = [];
    this.#at = undefined;
  }
}

export function trimmed(fragments: readonly Fragment[]): { indent: number; fragments: readonly Fragment[] } {
  const merged = merge(fragments);
  const [first, ...others] = merged;
  if (first?.kind !== 'text') return { indent: 0, fragments: merged };
  const text = first.text.trimStart();
  const kept = text === '' ? others : [{ kind: 'text' as const, text }, ...others];
  return { indent: first.text.length - text.length, fragments: kept };
}

export function merge(fragments: readonly Fragment[]): readonly Fragment[] {
  const merged: Fragment[] = [];
  for (const fragment of fragments) {
    const last = merged.at(-1);
    if (fragment.kind === 'text' && last?.kind === 'text')
      merged[merged.length - 1] = { kind: 'text', text: last.text + fragment.text };
    else merged.push(fragment);
  }
  return merged;
}

/** Whether all of it stands in one line. */
function isInline({ branches }: ControlPiece): boolean {
  return branches.every(({ pieces }) =>
    pieces.every((piece) => {
      if (piece.kind === 'text') return !piece.text.includes('\n');
      return piece.kind === 'value' || (piece.kind === 'control' && isInline(piece));
    }),
  );
}

function choiceOf({ branches, close }: ControlPiece): Fragment {
  return {
    kind: 'choice',
    close,
    branches: branches.map(({ tag, condition, pieces }) => ({
      tag,
      condition,
      fragments: pieces.flatMap((piece): readonly Fragment[] => {
        if (piece.kind === 'text') return [{ kind: 'text', text: piece.text }];
        if (piece.kind === 'value') return [piece];
        return piece.kind === 'control' ? [choiceOf(piece)] : [];
      }),
    })),
  };
}
