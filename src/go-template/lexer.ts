import { quote, unicodeName } from './quote.js';
import { isKeyword, type Token, type TokenKind } from './token.js';

const ALPHANUMERIC = /[_\p{L}\p{Nd}]*/uy;
const NUMBER =
  /[+-]?(?:0[xX][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][+-]?[\d_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?[\d_]*)?)i?/y;
const SPACES = /[ \t\r\n]*/y;
const QUOTED = /"(?:[^"\\\n]|\\[^\n])*"/y;
const RUNE = /'(?:[^'\\\n]|\\[^\n])*'/y;

/** Cuts a template into tokens, one at a time; after an error there is nothing but the end. */
export class Lexer {
  private place = 0;
  private line = 1;
  private newline: number;
  private inAction = false;
  private parentheses = 0;
  private failed = false;

  constructor(private readonly text: string) {
    this.newline = text.indexOf('\n');
  }

  next(): Token {
    if (this.failed) return this.token('eof', 0, 'EOF');
    return this.inAction ? this.action() : this.outside();
  }

  private outside(): Token {
    for (;;) {
      const { text, place } = this;
      const found = text.indexOf('{{', place);
      const open = found < 0 ? text.length : found;
      const trims = this.isTrimmedAt(open);
      if (open > place) {
        this.place = open;
        const end = trims ? this.beforeSpaces(open, place) : open;
        if (end > place) return this.token('text', place, text.slice(place, end));
      }
      if (found < 0) return this.token('eof', open, 'EOF');
      const inside = open + (trims ? 4 : 2);
      if (!text.startsWith('/*', inside)) {
        this.place = inside;
        this.inAction = true;
        this.parentheses = 0;
        return this.token('left', open, '{{');
      }
      const close = text.indexOf('*/', inside + 2);
      if (close < 0) return this.error('unclosed comment', inside);
      const delimiter = this.rightDelimiter(close + 2);
      if (delimiter === undefined) return this.error('comment ends before closing delimiter', inside);
      this.place = delimiter.end;
    }
  }

  private beforeSpaces(end: number, start: number): number {
    let place = end;
    while (place > start && isSpace(this.text[place - 1])) place -= 1;
    return place;
  }

  private isTrimmedAt(open: number): boolean {
    return this.text[open + 2] === '-' && isSpace(this.text[open + 3]);
  }

  /** The closing braces at this place, and where what follows them begins. */
  private rightDelimiter(at: number): { start: number; end: number } | undefined {
    const { text } = this;
    if (text.startsWith('}}', at)) return { start: at, end: at + 2 };
    if (!isSpace(text[at]) || !text.startsWith('-}}', at + 1)) return undefined;
    return { start: at + 2, end: this.endOf(SPACES, at + 4) };
  }

  private action(): Token {
    const { text, place } = this;
    const delimiter = this.rightDelimiter(place);
    if (delimiter !== undefined) {
      if (this.parentheses > 0) return this.error('unclosed left paren', place);
      this.inAction = false;
      this.place = delimiter.end;
      return this.token('right', delimiter.start, '}}');
    }
    const character = text[place];
    if (character === undefined) return this.error('unclosed action', place);
    if (isSpace(character)) {
      const end = this.endOf(SPACES, place);
      // The last space before `-}}` belongs to the trim marker.
      return this.take('space', text.startsWith('-}}', end) ? end - 1 : end);
    }
    switch (character) {
      case '=':
        return this.take('assign', place + 1);
      case ':':
        return text[place + 1] === '=' ? this.take('declare', place + 2) : this.error('expected :=', place);
      case '|':
        return this.take('pipe', place + 1);
      case '"':
        return this.takeWhole('string', QUOTED, 'unterminated quoted string');
      case "'":
        return this.takeWhole('rune', RUNE, 'unterminated character constant');
      case '`': {
        const close = text.indexOf('`', place + 1);
        return close < 0 ? this.error('unterminated raw quoted string', place) : this.take('raw', close + 1);
      }
      case '(':
        this.parentheses += 1;
        return this.take('(', place + 1);
      case ')':
        this.parentheses -= 1;
        return this.parentheses < 0 ? this.error('unexpected right paren', place) : this.take(')', place + 1);
      case '$':
        return this.name('variable', 'variable');
      default:
        return this.word(character);
    }
  }

  private word(character: string): Token {
    const { text, place } = this;
    if (character === '.' && place + 1 < text.length && !isDigit(text[place + 1]))
      return this.name('field', 'dot');
    if (character === '.' || character === '+' || character === '-' || isDigit(character))
      return this.number();
    const end = this.endOf(ALPHANUMERIC, place);
    if (end > place) {
      if (!this.isTerminatedAt(end)) return this.badCharacter(end);
      const word = text.slice(place, end);
      if (isKeyword(word)) return this.take(word, end);
      return this.take(word === 'true' || word === 'false' ? 'bool' : 'identifier', end);
    }
    const codePoint = text.codePointAt(place) ?? 0;
    if (codePoint > 0x20 && codePoint < 0x7f) return this.take('char', place + 1);
    return this.error(`unrecognized character in action: ${unicodeName(codePoint)}`, place);
  }

  /** A field or a variable; `alone` is what its first character is where no name follows. */
  private name(kind: TokenKind, alone: TokenKind): Token {
    const after = this.place + 1;
    if (this.isTerminatedAt(after)) return this.take(alone, after);
    const end = this.endOf(ALPHANUMERIC, after);
    return this.isTerminatedAt(end) ? this.take(kind, end) : this.badCharacter(end);
  }

  private number(): Token {
    const { text, place } = this;
    const end = this.endOf(NUMBER, place);
    const syntaxError = (upTo: number): Token =>
      this.error(`bad number syntax: ${quote(text.slice(place, upTo))}`, place);
    if (this.endOf(ALPHANUMERIC, end) > end) return syntaxError(end + this.widthAt(end));
    if (text[end] !== '+' && text[end] !== '-') return this.take('number', end);
    const second = this.endOf(NUMBER, end);
    if (this.endOf(ALPHANUMERIC, second) > second) return syntaxError(second + this.widthAt(second));
    return text[second - 1] === 'i' ? this.take('complex', second) : syntaxError(second);
  }

  private widthAt(place: number): number {
    return (this.text.codePointAt(place) ?? 0) > 0xffff ? 2 : 1;
  }

  /** Whether a name may end here. */
  private isTerminatedAt(at: number): boolean {
    const character = this.text[at];
    return character === undefined || ' \t\r\n.,|:)('.includes(character) || this.text.startsWith('}}', at);
  }

  private badCharacter(at: number): Token {
    return this.error(`bad character ${unicodeName(this.text.codePointAt(at) ?? 0)}`, this.place);
  }

  private takeWhole(kind: TokenKind, pattern: RegExp, fault: string): Token {
    const end = this.endOf(pattern, this.place);
    return end > this.place ? this.take(kind, end) : this.error(fault, this.place);
  }

  private endOf(pattern: RegExp, from: number): number {
    pattern.lastIndex = from;
    return pattern.test(this.text) ? pattern.lastIndex : from;
  }

  private take(kind: TokenKind, end: number): Token {
    const start = this.place;
    this.place = end;
    return this.token(kind, start, this.text.slice(start, end));
  }

  private error(message: string, place: number): Token {
    this.failed = true;
    return this.token('error', place, message);
  }

  private token(kind: TokenKind, place: number, text: string): Token {
    while (this.newline >= 0 && this.newline < place) {
      this.line += 1;
      this.newline = this.text.indexOf('\n', this.newline + 1);
    }
    return { kind, place, line: this.line, text };
  }
}

function isSpace(character: string | undefined): boolean {
  return character !== undefined && ' \t\r\n'.includes(character);
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}
