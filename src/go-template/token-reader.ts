import type { Lexer } from './lexer.js';
import type { Token } from './token.js';

const nothing: Token = { kind: 'eof', place: 0, line: 0, text: '' };

/** Tokens with up to three taken back. Which of them an error names the line of is Go's, and so is this. */
export class TokenReader {
  private readonly held: [Token, Token, Token] = [nothing, nothing, nothing];
  private count = 0;

  constructor(private readonly lexer: Lexer) {}

  /** The line of errors. */
  get lastLine(): number {
    return this.held[0].line;
  }

  next(): Token {
    if (this.count > 0) this.count -= 1;
    else this.held[0] = this.lexer.next();
    return this.held[this.count] ?? nothing;
  }

  peek(): Token {
    if (this.count > 0) return this.held[this.count - 1] ?? nothing;
    this.count = 1;
    this.held[0] = this.lexer.next();
    return this.held[0];
  }

  /** Takes back the last one. */
  back(): void {
    this.count += 1;
  }

  /** Takes back one that stood before the one that was looked at, and a space between them. */
  backTo(token: Token, space?: Token): void {
    if (space === undefined) this.held[1] = token;
    else [this.held[1], this.held[2]] = [space, token];
    this.count = space === undefined ? 2 : 3;
  }

  nextNonSpace(): Token {
    let token = this.next();
    while (token.kind === 'space') token = this.next();
    return token;
  }

  peekNonSpace(): Token {
    const token = this.nextNonSpace();
    this.back();
    return token;
  }
}
