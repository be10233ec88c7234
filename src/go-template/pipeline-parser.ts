import { MOST_NESTING, MOST_VARIABLES } from './bounds.js';
import { GoTemplateFault } from './go-template-fault.js';
import type { Lexer } from './lexer.js';
import { parseNumber, unquote, unquoteRune } from './literals.js';
import { quote } from './quote.js';
import { textOf, type Command, type Definition, type Operand, type Pipeline } from './syntax-tree.js';
import { showToken, type Token, type TokenKind } from './token.js';
import { TokenReader } from './token-reader.js';

/** What the templates of one text share. */
export interface Shared {
  readonly name: string;
  readonly lexer: Lexer;
  readonly definitions: Map<string, Definition>;
  readonly isFunction: (name: string) => boolean;
  depth: number;
}

const operandKinds = new Set<TokenKind>([
  'bool', 'rune', 'complex', 'dot', 'field', 'identifier', 'number', 'nil', 'raw', 'string', 'variable', '(',
]); // prettier-ignore
const notExecutable = new Set<Operand['kind']>(['bool', 'dot', 'nil', 'number', 'string']);

/** Reads pipelines and what is in them; knows the variables in scope. */
export abstract class PipelineParser {
  protected readonly tokens: TokenReader;
  protected readonly variables: string[] = ['$'];
  /** Where the action that is being read began; 0 outside. */
  protected actionLine = 0;

  constructor(protected readonly shared: Shared) {
    this.tokens = new TokenReader(shared.lexer);
  }

  protected pipeline(context: string, end: 'right' | ')'): Pipeline {
    this.enter();
    const { place } = this.tokens.peekNonSpace();
    const { variables, assigns } = this.declarations(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.tokens.nextNonSpace();
      if (token.kind === end) break;
      if (!operandKinds.has(token.kind)) this.unexpected(token, context);
      this.tokens.back();
      commands.push(this.command());
    }
    if (commands.length === 0) this.fail(`missing value for ${context}`);
    for (const [at, { words }] of commands.entries()) {
      const isValue = at > 0 && words[0] !== undefined && notExecutable.has(words[0].kind);
      if (isValue) this.fail(`non executable command in pipeline stage ${at + 1}`);
    }
    this.shared.depth -= 1;
    return { kind: 'pipeline', place, variables, assigns, commands };
  }

  private declarations(context: string): { variables: string[]; assigns: boolean } {
    const variables: string[] = [];
    for (;;) {
      const variable = this.tokens.peekNonSpace();
      if (variable.kind !== 'variable') return { variables, assigns: false };
      this.tokens.next();
      const after = this.tokens.peek();
      const next = this.tokens.peekNonSpace();
      const isLast = next.kind === 'assign' || next.kind === 'declare';
      if (!isLast && !(next.kind === 'char' && next.text === ',')) {
        this.tokens.backTo(variable, after.kind === 'space' ? after : undefined);
        return { variables, assigns: false };
      }
      this.tokens.nextNonSpace();
      variables.push(variable.text);
      this.variables.push(variable.text);
      if (this.variables.length > MOST_VARIABLES)
        this.fail(`more than ${MOST_VARIABLES} variables at one place`, true);
      if (isLast) return { variables, assigns: next.kind === 'assign' };
      if (context !== 'range' || variables.length > 1) this.fail(`too many declarations in ${context}`);
      const { kind } = this.tokens.peekNonSpace();
      if (kind !== 'variable' && kind !== 'right' && kind !== ')')
        this.fail('range can only initialize variables');
    }
  }

  private command(): Command {
    const { place } = this.tokens.peekNonSpace();
    const words: Operand[] = [];
    for (;;) {
      this.tokens.peekNonSpace();
      const operand = this.operand();
      if (operand !== undefined) words.push(operand);
      const token = this.tokens.next();
      if (token.kind === 'space') continue;
      if (token.kind === 'right' || token.kind === ')') this.tokens.back();
      else if (token.kind !== 'pipe') this.unexpected(token, 'operand');
      break;
    }
    if (words.length === 0) this.fail('empty command');
    return { kind: 'command', place, words };
  }

  private operand(): Operand | undefined {
    const term = this.term();
    if (term === undefined || this.tokens.peek().kind !== 'field') return term;
    const { place } = this.tokens.peek();
    const names: string[] = [];
    while (this.tokens.peek().kind === 'field') names.push(this.tokens.next().text.slice(1));
    if (term.kind === 'field' || term.kind === 'variable')
      return { ...term, place, names: [...term.names, ...names] };
    if (notExecutable.has(term.kind)) this.fail(`unexpected . after term ${quote(textOf(term))}`);
    return { kind: 'chain', place, of: term, names };
  }

  private term(): Operand | undefined {
    const token = this.tokens.nextNonSpace();
    const { kind, place, text } = token;
    if (kind === 'dot' || kind === 'nil') return { kind, place };
    if (kind === 'field') return { kind, place, names: [text.slice(1)] };
    if (kind === 'bool') return { kind, place, value: text === 'true' };
    if (kind === 'rune' || kind === 'number' || kind === 'complex') return this.number(token);
    if (kind === '(') return this.pipeline('parenthesized pipeline', ')');
    if (kind === 'string' || kind === 'raw') {
      return { kind: 'string', place, value: unquote(text) ?? this.fail('invalid syntax'), literal: text };
    }
    if (kind === 'identifier') {
      if (!this.shared.isFunction(text)) this.fail(`function ${quote(text)} not defined`);
      return { kind, place, name: text };
    }
    if (kind === 'variable') {
      if (!this.variables.includes(text)) this.fail(`undefined variable ${quote(text)}`);
      return { kind, place, names: [text] };
    }
    this.tokens.back();
    return undefined;
  }

  private number({ kind, place, text }: Token): Operand {
    if (kind === 'complex' || (kind === 'number' && text.endsWith('i'))) {
      this.fail(`${text} is complex: templates here have integers and floats`);
    }
    if (kind === 'rune') {
      const rune = unquoteRune(text);
      return {
        kind: 'number',
        place,
        value: typeof rune === 'string' ? this.fail(rune) : BigInt(rune),
        literal: text,
      };
    }
    const value = parseNumber(text);
    if (value instanceof Error) return this.fail(value.message);
    return { kind: 'number', place, value, literal: text };
  }

  protected expect(kind: TokenKind, context: string): void {
    const token = this.tokens.nextNonSpace();
    if (token.kind !== kind) this.unexpected(token, context);
  }

  protected unexpected(token: Token, context: string): never {
    if (token.kind !== 'error') return this.fail(`unexpected ${showToken(token)} in ${context}`);
    if (this.actionLine === 0 || this.actionLine === token.line) return this.fail(token.text);
    const start = `started at ${this.shared.name}:${this.actionLine}`;
    return this.fail(`${token.text} ${token.text.endsWith(' action') ? start : `in action ${start}`}`);
  }

  protected enter(): void {
    this.shared.depth += 1;
    if (this.shared.depth > MOST_NESTING)
      this.fail(`blocks or parentheses nested more than ${MOST_NESTING} deep`, true);
  }

  protected fail(message: string, isBound = false): never {
    const { name } = this.shared;
    const line = this.tokens.lastLine;
    throw new GoTemplateFault(name, line, `template: ${name}:${line}: ${message}`, isBound);
  }
}
