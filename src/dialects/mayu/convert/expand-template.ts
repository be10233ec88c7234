import { parseExpression } from './go-expression.js';
import type { GoBranch, GoNode } from './go-template.js';
import { Untranslatable, type Mark, type Marks, type Place } from './marks.js';
import { elementType } from './template-names.js';
import { conditionOf, outputOf, translate, type Scope, type Value } from './translate-expression.js';

/** A template in imago's language, before it is laid out in lines; what it includes stands in it. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string; readonly at: Place }
  | ValuePiece
  | ControlPiece
  | { readonly kind: 'mark'; readonly mark: Mark; readonly at: Place };

export interface ValuePiece {
  readonly kind: 'value';
  /** Without a filter. */
  readonly code: string;
  readonly at: Place;
  /** The variable that holds a file of Mayu’s, which Mayu put out as base64. */
  readonly file?: string;
}

export interface ControlPiece {
  readonly kind: 'control';
  readonly branches: readonly {
    readonly tag: string;
    readonly condition: string;
    readonly pieces: readonly Piece[];
  }[];
  readonly close: string;
  readonly at: Place;
}

/** `templates_env`, the snippets by what they define, and the place of variables that hold files. */
export interface Surroundings {
  readonly env: Readonly<Record<string, unknown>>;
  readonly snippets: ReadonlyMap<string, readonly GoNode[]>;
  readonly fileVariable: (path: string, at: Place) => string | undefined;
  readonly marks: Marks;
}

/** What calls itself would never end. */
const DEEPEST = 16;

export function expand(
  body: readonly GoNode[],
  scope: Scope,
  around: Surroundings,
  depth = 0,
): readonly Piece[] {
  const expander = new Expander(around, depth);
  return expander.pieces(body, scope);
}

class Expander {
  constructor(
    private readonly around: Surroundings,
    private readonly depth: number,
  ) {}

  pieces(body: readonly GoNode[], start: Scope): readonly Piece[] {
    let scope = start;
    return body.flatMap((node): readonly Piece[] => {
      try {
        const assigned = node.kind === 'value' ? /^(\$\w+)\s*:?=\s*([\s\S]+)$/.exec(node.code) : undefined;
        if (assigned) {
          const [, name = '', code = ''] = assigned;
          scope = withVariable(scope, name, translate(parseExpression(code), scope));
          return [];
        }
        return this.#piece(node, scope);
      } catch (error) {
        if (!(error instanceof Untranslatable)) throw error;
        return this.#untranslated(node, error.message);
      }
    });
  }

  #piece(node: GoNode, scope: Scope): readonly Piece[] {
    if (node.kind === 'text') return [node];
    if (node.kind === 'value') return this.#value(translate(parseExpression(node.code), scope), node.at);
    if (node.kind === 'template') return this.#template(node, scope);
    return node.word === 'range' ? this.#range(node, scope) : this.#if(node, scope);
  }

  #value(value: Value, at: Place): readonly Piece[] {
    if (value.file === undefined) return [{ kind: 'value', code: outputOf(value), at }];
    const code = this.around.fileVariable(value.file, at);
    if (code === undefined)
      throw new Untranslatable(`there is no file ${value.file} among those of --files-dir`);
    return [{ kind: 'value', code: `${code} | base64`, at, file: code }];
  }

  #template({ name, code }: Extract<GoNode, { kind: 'template' }>, scope: Scope): readonly Piece[] {
    const snippet = this.around.snippets.get(name);
    if (!snippet) throw new Untranslatable(`there is no snippet "${name}"`);
    if (this.depth >= DEEPEST) throw new Untranslatable(`the snippet "${name}" includes itself`);
    const dot: Value = code === '' ? { code: 'none', type: 'any' } : translate(parseExpression(code), scope);
    const inner: Scope = { ...scope, dot, variables: new Map() };
    return expand(snippet, inner, this.around, this.depth + 1);
  }

  /** `with` is an `if` in which the dot is what was asked for. */
  #if(node: Extract<GoNode, { kind: 'block' }>, scope: Scope): readonly Piece[] {
    const branches = node.branches.map((branch, place) => {
      if (branch.code === undefined)
        return { tag: '{% else %}', condition: '', pieces: this.pieces(branch.body, scope) };
      const word = place === 0 ? 'if' : 'elif';
      const { condition, inner } = this.#condition(branch, node.word === 'with', scope);
      return { tag: `{% ${word} ${condition} %}`, condition, pieces: this.pieces(branch.body, inner) };
    });
    const [first, second] = branches;
    // What is the same for all machines here is no question any more.
    if (first?.condition === 'true') return first.pieces;
    if (first?.condition === 'false' && branches.length < 3 && second?.condition !== undefined)
      return second.condition === '' ? second.pieces : [];
    if (first?.condition === 'false' && branches.length === 1) return [];
    return [{ kind: 'control', branches, close: '{% endif %}', at: node.at }];
  }

  #condition(branch: GoBranch, isWith: boolean, scope: Scope): { condition: string; inner: Scope } {
    const [, name, code = ''] = /^(?:(\$\w+)\s*:=\s*)?([\s\S]*)$/.exec(branch.code ?? '') ?? [];
    try {
      const value = translate(parseExpression(code), scope);
      const named = name === undefined ? scope : withVariable(scope, name, value);
      return { condition: conditionOf(value), inner: isWith ? { ...named, dot: value } : named };
    } catch (error) {
      if (!(error instanceof Untranslatable)) throw error;
      // Fails wherever it is rendered, until somebody has looked.
      return { condition: this.#unknown(branch.at, `{{if ${branch.code}}}: ${error.message}`), inner: scope };
    }
  }

  #range(node: Extract<GoNode, { kind: 'block' }>, scope: Scope): readonly Piece[] {
    const [branch, otherwise] = node.branches;
    const [, first, second, code = ''] =
      /^(?:(\$\w+)\s*(?:,\s*(\$\w+)\s*)?:=\s*)?([\s\S]*)$/.exec(branch?.code ?? '') ?? [];
    const of = translate(parseExpression(code), scope);
    const element = nameFor(second ?? first ?? '$item');
    const value: Value = { code: element, type: elementType[of.type] ?? 'any' };
    const isTable = first !== undefined && second !== undefined && this.#isTable(of);
    const key = isTable ? nameFor(first) : 'loop.index0';
    let inner: Scope = { ...scope, dot: value };
    if (second ?? first) inner = withVariable(inner, second ?? first ?? '', value);
    if (second !== undefined && first !== undefined)
      inner = withVariable(inner, first, { code: key, type: 'text' });
    const names = isTable ? `${key}, ${element}` : element;
    const list = of.soft === undefined ? of.code : `${of.code} | default([])`;
    const branches = [
      { tag: `{% for ${names} in ${list} %}`, condition: '', pieces: this.pieces(branch?.body ?? [], inner) },
      ...(otherwise
        ? [{ tag: '{% else %}', condition: '', pieces: this.pieces(otherwise.body, scope) }]
        : []),
    ];
    return [{ kind: 'control', branches, close: '{% endfor %}', at: node.at }];
  }

  #isTable(of: Value): boolean {
    const name = /^vars\.(\w+)$/.exec(of.code)?.[1];
    const value = name === undefined ? undefined : this.around.env[name];
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  }

  #untranslated(node: GoNode, reason: string): readonly Piece[] {
    if (node.kind === 'value') {
      const code = this.#unknown(node.at, `{{${node.code}}}: ${reason}`);
      return [{ kind: 'value', code, at: node.at }];
    }
    const code =
      node.kind === 'block'
        ? `${node.word} ${node.branches[0]?.code}`
        : node.kind === 'template'
          ? `template "${node.name}"`
          : '';
    const mark = this.around.marks.add(node.at, `{{${code}}}: ${reason}`);
    return [{ kind: 'mark', mark, at: node.at }];
  }

  /** A variable that there is not: the template is refused until somebody has looked. */
  #unknown(at: Place, text: string): string {
    this.around.marks.add(at, text);
    return todoVariable(at);
  }
}

export function todoVariable({ line }: Place): string {
  return `vars.TODO_line_${line}`;
}

function withVariable(scope: Scope, name: string, value: Value): Scope {
  return { ...scope, variables: new Map([...scope.variables, [name, value]]) };
}

const RESERVED = new Set([
  'host',
  'profile',
  'network',
  'urls',
  'image',
  'boot',
  'vars',
  'loop',
  'in',
  'not',
  'and',
  'or',
  'if',
  'else',
  'true',
  'false',
  'none',
]);

function nameFor(variable: string): string {
  const name = variable.slice(1);
  return RESERVED.has(name) ? `${name}_` : name;
}
