import { Composer, isScalar, Lexer, Parser, visit, type CST, type Document, type LineCounter } from 'yaml';

/** Words, signs and blanks of a document: reading takes some 10 µs for each. */
export const MOST_LEXEMES = 1 << 16;

/** Tables and lists around a value, and some more that the reader counts: it calls itself for each. */
export const DEEPEST_YAML = 100;

/** Lines that begin with %. Each unknown one takes as long as a fault. */
const MOST_DIRECTIVES = 16;

/** Of a document that the package itself makes a value of: it looks through all of the document for each. */
const MOST_ALIASES = 200;

/** A document that would take too long to read. Who knows its name tells it. */
export class TooMuchYaml extends Error {
  override readonly name = 'TooMuchYaml';

  /** @param offset from which on it is too much */
  constructor(
    readonly reason: string,
    readonly offset: number,
  ) {
    super(reason);
  }
}

export interface YamlReading {
  readonly lines: LineCounter;
  /** Whether scalars are read as texts, and aliases are followed by the caller, who bounds them. */
  readonly raw?: boolean;
}

export interface BoundedYaml {
  /** Its keys may be repeated: see repeatedKey. */
  readonly document: Document.Parsed;
  /** Where a second document begins. */
  readonly second: number | undefined;
}

/**
 * The first document of a text, within bounds of time that hold for any text, and up to its first fault.
 * @throws TooMuchYaml
 */
export function readYaml(text: string, { lines, raw = false }: YamlReading): BoundedYaml {
  const composer = new Composer({
    prettyErrors: false,
    uniqueKeys: false, // the package compares each key of a table with all before it
    ...(raw && ({ schema: 'failsafe' } as const)),
  });
  const tokens = boundedTokens(text, lines, raw ? Infinity : MOST_ALIASES);
  const [document, second] = composer.compose(tokens, true, text.length);
  if (!document) throw new TypeError('the reader of YAML makes a document of any text');
  return { document, second: second?.range[0] };
}

function* boundedTokens(text: string, lines: LineCounter, mostAliases: number): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  let [offset, lexemes, aliases, directives] = [0, 0, 0, 0];
  let before = '';
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1;
    if (lexemes > MOST_LEXEMES) {
      throw new TooMuchYaml(
        `has more than ${MOST_LEXEMES} words and signs: name a URL for what is big`,
        offset,
      );
    }
    if (lexeme.startsWith('*') && before !== SCALAR_FOLLOWS) aliases += 1;
    if (aliases > mostAliases) throw new TooMuchYaml(`has more than ${mostAliases} aliases (*)`, offset);
    for (const token of parser.next(lexeme)) {
      if (token.type === 'directive') directives += 1;
      yield token;
      if (token.type === 'error') return;
    }
    if (directives > MOST_DIRECTIVES) {
      throw new TooMuchYaml(`has more than ${MOST_DIRECTIVES} directives (%)`, offset);
    }
    if (parser.stack.length > DEEPEST_YAML) throw new TooMuchYaml('is nested too deeply to be read', offset);
    before = lexeme;
    if (!MARKS.has(lexeme)) offset += lexeme.length;
  }
  yield* parser.end();
}

/** What the lexer says and the text does not: https://eemeli.org/yaml/#lexer */
const SCALAR_FOLLOWS = '\u001f';
const MARKS = new Set(['\u0002', '\u0018', SCALAR_FOLLOWS]);

/** The first key that its table has twice, which YAML forbids. */
export function repeatedKey(document: Document.Parsed): { readonly offset: number } | undefined {
  let repeated: { offset: number } | undefined;
  visit(document, {
    Map(_, { items }) {
      const known = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (known.has(key.value)) {
          repeated = { offset: key.range?.[0] ?? 0 };
          return visit.BREAK;
        }
        known.add(key.value);
      }
      return undefined;
    },
  });
  return repeated;
}
