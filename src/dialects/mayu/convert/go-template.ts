import type { Place } from './marks.js';

/** A part of a Go template. */
export type GoNode =
  | { readonly kind: 'text'; readonly text: string; readonly at: Place }
  | { readonly kind: 'value'; readonly code: string; readonly at: Place }
  | {
      readonly kind: 'block';
      readonly word: BlockWord;
      readonly branches: readonly GoBranch[];
      readonly at: Place;
    }
  | { readonly kind: 'template'; readonly name: string; readonly code: string; readonly at: Place };

export type BlockWord = 'if' | 'range' | 'with';

export interface GoBranch {
  /** What follows `if`, `else if`, `range`, `with`; undefined of a plain `else`. */
  readonly code: string | undefined;
  readonly body: readonly GoNode[];
  readonly at: Place;
}

export interface GoTemplate {
  readonly body: readonly GoNode[];
  /** What `define` names. */
  readonly defines: ReadonlyMap<string, readonly GoNode[]>;
  /** What is wrong with its syntax; then the rest is not read. */
  readonly fault: { readonly at: Place; readonly text: string } | undefined;
}

interface Token {
  readonly kind: 'text' | 'action';
  readonly text: string;
  readonly line: number;
}

class SyntaxFault extends Error {
  constructor(
    readonly line: number,
    message: string,
  ) {
    super(message);
  }
}

/** Reads a Go template: text, values, blocks, and what it defines. */
export function parseGoTemplate(text: string, file: string): GoTemplate {
  const parser = new TemplateParser(file);
  try {
    return { ...parser.read(tokensOf(text.replaceAll('\r\n', '\n'))), fault: undefined };
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    return {
      body: [],
      defines: parser.defines,
      fault: { at: { file, line: error.line }, text: error.message },
    };
  }
}

const ACTION = /\{\{(-(?=\s))?((?:"(?:[^"\\\n]|\\.)*"|`[^`]*`|(?!\}\})[^"`])*?)((?<=\s)-)?\}\}/g;

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  let trimsNext = false;
  const addText = (raw: string, trimsEnd: boolean): void => {
    const start = trimsNext ? raw.length - raw.trimStart().length : 0;
    const cut = raw.slice(start);
    const kept = trimsEnd ? cut.trimEnd() : cut;
    if (kept !== '') tokens.push({ kind: 'text', text: kept, line: line + linesIn(raw.slice(0, start)) });
    line += linesIn(raw);
  };
  for (const match of text.matchAll(ACTION)) {
    const [whole, trimBefore, code = '', trimAfter] = match;
    addText(text.slice(at, match.index), trimBefore !== undefined);
    tokens.push({ kind: 'action', text: code.trim(), line });
    line += linesIn(whole);
    at = match.index + whole.length;
    trimsNext = trimAfter !== undefined;
  }
  const rest = text.slice(at);
  const open = rest.indexOf('{{');
  if (open >= 0) throw new SyntaxFault(line + linesIn(rest.slice(0, open)), '{{ is not closed');
  addText(rest, false);
  return tokens;
}

function linesIn(text: string): number {
  return text.split('\n').length - 1;
}

interface OpenBlock {
  readonly word: BlockWord | 'define' | 'root';
  readonly line: number;
  readonly branches: { code: string | undefined; body: GoNode[]; at: Place }[];
}

class TemplateParser {
  readonly defines = new Map<string, readonly GoNode[]>();

  constructor(private readonly file: string) {}

  read(tokens: readonly Token[]): Pick<GoTemplate, 'body' | 'defines'> {
    const stack: OpenBlock[] = [this.#open('root', '', 1)];
    for (const token of tokens) this.#take(token, stack);
    const [root, ...others] = stack;
    const unclosed = others.at(-1);
    if (unclosed) throw new SyntaxFault(unclosed.line, `${unclosed.word} has no end`);
    return { body: root?.branches[0]?.body ?? [], defines: this.defines };
  }

  #take({ kind, text, line }: Token, stack: OpenBlock[]): void {
    const at = this.#place(line);
    const top = stack.at(-1);
    const body = top?.branches.at(-1)?.body;
    if (!top || !body) return;
    if (kind === 'text') {
      body.push({ kind: 'text', text, at });
      return;
    }
    const [, word = '', rest = ''] = /^(\w*)\s*([\s\S]*)$/.exec(text) ?? [];
    if (text.startsWith('/*')) return;
    if (word === 'if' || word === 'range' || word === 'with') stack.push(this.#open(word, rest, line));
    else if (word === 'define' || word === 'block') stack.push(this.#define(word, rest, body, line));
    else if (word === 'else') this.#else(top, rest, line);
    else if (word === 'end') this.#end(stack, line);
    else if (word === 'template') body.push({ kind: 'template', ...this.#named(rest, line), at });
    else body.push({ kind: 'value', code: text, at });
  }

  #place(line: number): Place {
    return { file: this.file, line };
  }

  #open(word: OpenBlock['word'], code: string, line: number): OpenBlock {
    return { word, line, branches: [{ code, body: [], at: this.#place(line) }] };
  }

  /** `block` defines, and puts in what it defines. */
  #define(word: string, rest: string, body: GoNode[], line: number): OpenBlock {
    const { name, code } = this.#named(rest, line);
    if (word === 'block') body.push({ kind: 'template', name, code, at: this.#place(line) });
    return this.#open('define', name, line);
  }

  #named(rest: string, line: number): { readonly name: string; readonly code: string } {
    const match = /^(?:"([^"]*)"|`([^`]*)`)\s*([\s\S]*)$/.exec(rest);
    if (!match) throw new SyntaxFault(line, 'a template has no name');
    return { name: match[1] ?? match[2] ?? '', code: match[3] ?? '' };
  }

  #else(top: OpenBlock, rest: string, line: number): void {
    if (top.word === 'root' || top.word === 'define')
      throw new SyntaxFault(line, 'else stands outside of if');
    const code = /^if\s+([\s\S]+)$/.exec(rest)?.[1];
    top.branches.push({ code, body: [], at: this.#place(line) });
  }

  #end(stack: OpenBlock[], line: number): void {
    const closed = stack.pop();
    const body = stack.at(-1)?.branches.at(-1)?.body;
    if (!closed || !body) throw new SyntaxFault(line, 'end has nothing to end');
    if (closed.word === 'define')
      this.defines.set(closed.branches[0]?.code ?? '', closed.branches[0]?.body ?? []);
    else if (closed.word !== 'root')
      body.push({
        kind: 'block',
        word: closed.word,
        branches: closed.branches,
        at: this.#place(closed.line),
      });
  }
}
