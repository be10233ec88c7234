/**
 * Follows the literal text of a template through the grammar of its language, as far as it takes to say at every `{{ … }}` what
 * may stand there. States are values: tags make a text branch, and the branches must come together again.
 */
export interface Scanner<State> {
  readonly start: State;
  /** @throws Misplaced for text that cannot be followed. */
  text(state: State, text: string): State;
  /** A value is put out through this filter. @throws Misplaced when that filter may not write here. */
  slot(state: State, filter: string): State;
  /** Another template of the same language is put here. @throws Misplaced */
  include(state: State): State;
  /** The state after a branch, whichever way was taken. @throws Misplaced when they cannot be one. */
  join(one: State, other: State): State;
  /** @throws Misplaced when something is left open. */
  end(state: State): void;
}

/** A place in a template where something may not stand, and what would be right. */
export class Misplaced extends Error {
  override readonly name = 'Misplaced';
}

/** Filters whose output means itself in every language and between all quotes: letters, digits and a few harmless signs. */
export const inertFilters: ReadonlySet<string> = new Set([
  'uri',
  'urlPath',
  'base64',
  'sha256',
  'number',
  'trusted',
]);

export const UNEQUAL_BRANCHES =
  'the branches of this tag leave the text in different places: open and close quotes, brackets and lines within each branch';
