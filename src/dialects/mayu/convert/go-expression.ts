import { Untranslatable } from './marks.js';

/** An operand or a pipeline of Go's `text/template`. */
export type GoExpression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  /** `.A.B`, `$x.A`, `$`; `root` is undefined for the dot. */
  | { readonly kind: 'path'; readonly root: string | undefined; readonly fields: readonly string[] }
  /** `(…).A` */
  | { readonly kind: 'field'; readonly of: GoExpression; readonly fields: readonly string[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly GoExpression[] }
  /** `.Host.FleetMetadata.Has "x"`: a path with arguments is a method. */
  | { readonly kind: 'method'; readonly of: GoExpression; readonly args: readonly GoExpression[] };

const TOKEN =
  /\s*(?:("(?:[^"\\]|\\.)*")|(`[^`]*`)|('(?:[^'\\]|\\.)')|(-?\d+(?:\.\d+)?)|(\$?(?:\.?[A-Za-z_][A-Za-z0-9_]*)(?:\.[A-Za-z_][A-Za-z0-9_]*)*|\$|\.)|([|()])|((?:\.[A-Za-z_][A-Za-z0-9_]*)+))/y;

interface Token {
  readonly kind: 'literal' | 'name' | 'punctuation';
  readonly text: string;
  readonly value?: string | number;
  /** Written without a blank before it: `(…).A`. */
  readonly isGlued: boolean;
}

/** @throws Untranslatable */
export function parseExpression(text: string): GoExpression {
  const tokens = tokensOf(text.trim());
  const parser = new ExpressionParser(tokens);
  return parser.whole();
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const start = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new Untranslatable(`'${text.slice(start).trim()}' is not understood`);
    const [whole, quoted, raw, rune, digits, name, punctuation, fields] = match;
    const isGlued = !/^\s/.test(whole) && start > 0;
    if (quoted !== undefined) tokens.push({ kind: 'literal', text: quoted, value: unquote(quoted), isGlued });
    else if (raw !== undefined) tokens.push({ kind: 'literal', text: raw, value: raw.slice(1, -1), isGlued });
    else if (rune !== undefined)
      tokens.push({ kind: 'literal', text: rune, value: rune.slice(1, -1), isGlued });
    else if (digits !== undefined)
      tokens.push({ kind: 'literal', text: digits, value: Number(digits), isGlued });
    else if (punctuation !== undefined) tokens.push({ kind: 'punctuation', text: punctuation, isGlued });
    else tokens.push({ kind: 'name', text: name ?? fields ?? '', isGlued });
  }
  return tokens;
}

/** Go's escapes are JSON's but for `\x`, `\U` and octal ones, which templates of configurations do not have. */
function unquote(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    throw new Untranslatable(`${text} has an escape that is not understood`);
  }
}

const CONSTANTS: Readonly<Record<string, boolean | null>> = { true: true, false: false, nil: null };

class ExpressionParser {
  #at = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  whole(): GoExpression {
    const expression = this.#pipeline();
    if (this.#peek()) throw new Untranslatable(`'${this.#peek()?.text}' is not understood here`);
    return expression;
  }

  #peek(): Token | undefined {
    return this.tokens[this.#at];
  }

  #pipeline(): GoExpression {
    let value = this.#command(undefined);
    while (this.#peek()?.text === '|' && this.#peek()?.kind === 'punctuation') {
      this.#at += 1;
      value = this.#command(value);
    }
    return value;
  }

  /** @param piped what a pipe gives as its last argument. */
  #command(piped: GoExpression | undefined): GoExpression {
    const isName = this.#peek()?.kind === 'name';
    const first = this.#operand();
    const args: GoExpression[] = [];
    while (this.#peek() && !/^[|)]$/.test(this.#peek()?.text ?? '')) args.push(this.#operand());
    if (piped) args.push(piped);
    if (first.kind === 'call' && isName) return { ...first, args };
    if (args.length === 0) return first;
    if (first.kind === 'path') return { kind: 'method', of: first, args };
    throw new Untranslatable('a value that is no function has arguments');
  }

  #operand(): GoExpression {
    const token = this.#peek();
    if (!token) throw new Untranslatable('there is nothing where a value should be');
    this.#at += 1;
    if (token.kind === 'literal') return { kind: 'literal', value: token.value ?? '' };
    if (token.text === '(') return this.#parenthesised();
    if (token.kind === 'punctuation') throw new Untranslatable(`'${token.text}' is not understood here`);
    return nameOf(token.text);
  }

  #parenthesised(): GoExpression {
    const inner = this.#pipeline();
    if (this.#peek()?.text !== ')') throw new Untranslatable('a parenthesis is not closed');
    this.#at += 1;
    const next = this.#peek();
    if (!next || !next.isGlued || !next.text.startsWith('.')) return inner;
    this.#at += 1;
    return { kind: 'field', of: inner, fields: next.text.slice(1).split('.') };
  }
}

function nameOf(text: string): GoExpression {
  if (text === '.') return { kind: 'path', root: undefined, fields: [] };
  if (text.startsWith('.')) return { kind: 'path', root: undefined, fields: text.slice(1).split('.') };
  if (text.startsWith('$')) {
    const [root = '$', ...fields] = text.split('.');
    return { kind: 'path', root, fields };
  }
  const constant = CONSTANTS[text];
  if (constant !== undefined && Object.hasOwn(CONSTANTS, text)) return { kind: 'literal', value: constant };
  const [name = '', ...fields] = text.split('.');
  const call: GoExpression = { kind: 'call', name, args: [] };
  return fields.length > 0 ? { kind: 'field', of: call, fields } : call;
}
