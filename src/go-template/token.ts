import { quote } from './quote.js';

const keywords = [
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'nil',
  'range',
  'template',
  'with',
] as const;
type Keyword = (typeof keywords)[number];

export type TokenKind =
  | Keyword
  | 'text'
  | 'left'
  | 'right'
  | 'space'
  | 'dot'
  | 'field'
  | 'variable'
  | 'identifier'
  | 'bool'
  | 'number'
  | 'complex'
  | 'rune'
  | 'string'
  | 'raw'
  | 'assign'
  | 'declare'
  | 'pipe'
  | '('
  | ')'
  | 'char'
  | 'error'
  | 'eof';

export interface Token {
  readonly kind: TokenKind;
  /** Where it begins, in code units. */
  readonly place: number;
  /** Where it begins, from 1. */
  readonly line: number;
  /** Of an error: what is wrong. */
  readonly text: string;
}

/** A token as errors of Go name it. */
export function showToken({ kind, text }: Token): string {
  if (kind === 'eof' || kind === 'error') return kind === 'eof' ? 'EOF' : text;
  if (kind === 'dot' || isKeyword(kind)) return `<${text}>`;
  const runes = Array.from(text.slice(0, 22));
  return runes.length > 10 ? `${quote(runes.slice(0, 10).join(''))}...` : quote(text);
}

export function isKeyword(word: string): word is Keyword {
  return keywords.some((keyword) => keyword === word);
}
