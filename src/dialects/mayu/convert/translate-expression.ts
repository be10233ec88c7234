import type { GoExpression } from './go-expression.js';
import { Untranslatable } from './marks.js';
import { elementType, isList, modelNamed, tables, type Named, type ValueType } from './template-names.js';

export interface Value extends Named {
  /** Of `index .Files`: its path. */
  readonly file?: string;
  /** Of a variable that nobody may have set: what a condition asks. */
  readonly soft?: string;
}

export interface Scope {
  readonly dot: Value;
  readonly variables: ReadonlyMap<string, Value>;
  /** `templates_env`, which tells lists from texts. */
  readonly env: Readonly<Record<string, unknown>>;
}

export const ROOT: Value = { code: '', type: 'root' };

/** @throws Untranslatable */
export function translate(expression: GoExpression, scope: Scope): Value {
  if (expression.kind === 'literal') {
    const type = typeof expression.value === 'boolean' ? 'flag' : 'text';
    return { code: textLiteral(expression.value), type };
  }
  if (expression.kind === 'path') return pathOf(expression.root, expression.fields, scope);
  if (expression.kind === 'field') return fieldsOf(translate(expression.of, scope), expression.fields);
  if (expression.kind === 'method') return method(expression.of, expression.args, scope);
  return call(expression.name, expression.args, scope);
}

/** As it is asked for in `{% if … %}`: what nunjucks and Go take for no differs for lists and for what is not there. */
export function conditionOf(value: Value): string {
  const code = value.soft ?? value.code;
  return isList(value.type) ? `${code} | length` : code;
}

/** As it is put out, before the filter of the language around it. */
export function outputOf(value: Value): string {
  if (value.type === 'optional') return `${value.code} | default('', true)`;
  if (value.type === 'tags') return `${value.code} | join(',')`;
  if (value.type === 'any' || value.type === 'text' || value.type === 'flag' || value.type === 'file')
    return value.code;
  if (value.type === 'model') return `'singlenic' if ${value.code} == 'single' else ${value.code}`;
  throw new Untranslatable('a list or table is put out as Go prints it: write out what is wanted of it');
}

export function textLiteral(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return value === null ? 'none' : String(value);
  const escaped = value
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "\\'")
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\r');
  return `'${escaped}'`;
}

function pathOf(root: string | undefined, fields: readonly string[], scope: Scope): Value {
  if (root === undefined) return fieldsOf(startOf(fields, scope), fields, scope);
  if (root === '$') return fieldsOf(ROOT, fields, scope);
  const variable = scope.variables.get(root);
  if (!variable) throw new Untranslatable(`${root} is not known here`);
  return fieldsOf(variable, fields, scope);
}

/** Shipped snippets write `.Host` within loops too, where the dot is the loop's. */
function startOf([first = '']: readonly string[], { dot }: Scope): Value {
  const isOfLoop =
    dot.type === 'any' ||
    (Object.hasOwn(tables, dot.type) && first in tables[dot.type as keyof typeof tables]);
  return !isOfLoop && Object.hasOwn(tables.root, first) ? ROOT : dot;
}

function fieldsOf(start: Value, fields: readonly string[], scope?: Scope): Value {
  return fields.reduce<Value>((value, field) => fieldOf(value, field, scope), start);
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

function member(code: string, name: string): string {
  return NAME.test(name) ? `${code}.${name}` : `${code}[${textLiteral(name)}]`;
}

function fieldOf(value: Value, field: string, scope: Scope | undefined): Value {
  if (value.type === 'variables') return variableNamed(field, scope?.env ?? {});
  if (value.type === 'any') return { code: member(value.code, field), type: 'any' };
  if (field === 'String') return value;
  const table: Readonly<Record<string, Named>> = Object.hasOwn(tables, value.type)
    ? tables[value.type as keyof typeof tables]
    : {};
  const named = Object.hasOwn(table, field) ? table[field] : undefined;
  if (!named) throw new Untranslatable(`imago has nothing like .${field} here`);
  return named.code.startsWith('.') ? { code: value.code + named.code, type: named.type } : named;
}

function variableNamed(name: string, env: Readonly<Record<string, unknown>>): Value {
  const code = member('vars', name);
  const value = env[name];
  const soft = Array.isArray(value) ? `(${code} | default([]) | length)` : `(${code} | default(false))`;
  return { code, type: 'any', soft };
}

function method(of: GoExpression, args: readonly GoExpression[], scope: Scope): Value {
  if (of.kind === 'path' && of.fields.at(-1) === 'Has' && args.length === 1) {
    const list = translate({ ...of, fields: of.fields.slice(0, -1) }, scope);
    const [tag] = args.map((arg) => translate(arg, scope));
    if (list.type === 'tags' && tag) return { code: `(${outputOf(tag)} in ${list.code})`, type: 'flag' };
  }
  throw new Untranslatable('a method is called that imago does not have');
}

const comparisons: Readonly<Record<string, string>> = {
  eq: '==',
  ne: '!=',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
};

function call(name: string, args: readonly GoExpression[], scope: Scope): Value {
  const operator = comparisons[name];
  if (operator !== undefined) return compare(operator, args, scope);
  const values = (): readonly Value[] => args.map((arg) => translate(arg, scope));
  switch (name) {
    case 'index':
      return index(args, scope);
    case 'and':
    case 'or':
      return { code: `(${values().map(conditionOrValue).join(` ${name} `)})`, type: 'any' };
    case 'not':
      return { code: `(not (${values().map(conditionOf).join('')}))`, type: 'flag' };
    case 'len':
      return {
        code: `(${values()
          .map(({ code }) => code)
          .join('')} | length)`,
        type: 'text',
      };
    case 'print':
      return { code: `(${values().map(operandOf).join(' ~ ')})`, type: 'text' };
    case 'printf':
      return printf(args, scope);
    case 'urlquery':
      return { code: `(${values().map(operandOf).join(' ~ ')} | uri)`, type: 'text' };
    default:
      throw new Untranslatable(`${name} is no function that imago has`);
  }
}

function conditionOrValue(value: Value): string {
  return isList(value.type) ? `(${conditionOf(value)})` : (value.soft ?? value.code);
}

/** In parentheses where it is put together with others. */
export function operandOf(value: Value): string {
  const code = outputOf(value);
  return isWhole(code) ? code : `(${code})`;
}

/** Whether it is one word, one text, or in parentheses as a whole. */
export function isWhole(code: string): boolean {
  if (/^[\w.]+$|^'(?:[^'\\]|\\.)*'$/.test(code)) return true;
  if (!code.startsWith('(')) return false;
  let depth = 0;
  for (let place = 0; place < code.length; place += 1) {
    if (code[place] === '(') depth += 1;
    if (code[place] === ')') depth -= 1;
    if (depth === 0) return place === code.length - 1;
  }
  return false;
}

/** `eq a b c` asks whether a is one of the others. */
function compare(operator: string, args: readonly GoExpression[], scope: Scope): Value {
  const [first, ...others] = args;
  if (!first || others.length === 0) throw new Untranslatable('a comparison needs two values');
  const values = args.map((arg) => translate(arg, scope));
  const ofModel = values.some(({ type }) => type === 'model');
  const side = (arg: GoExpression, value: Value | undefined): string => {
    if (ofModel && arg.kind === 'literal' && typeof arg.value === 'string')
      return textLiteral(modelNamed(arg.value));
    if (value?.soft !== undefined) return `(${value.code} | default(''))`;
    return value?.code ?? '';
  };
  const left = side(first, values[0]);
  const parts = others.map((other, place) => `${left} ${operator} ${side(other, values[place + 1])}`);
  return { code: parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(' or ')})`, type: 'flag' };
}

function index(args: readonly GoExpression[], scope: Scope): Value {
  const [of, ...keys] = args;
  if (!of || keys.length === 0) throw new Untranslatable('index needs a list or table, and a key');
  return keys.reduce<Value>((value, key) => indexed(value, key, scope), translate(of, scope));
}

function indexed(value: Value, key: GoExpression, scope: Scope): Value {
  const name = key.kind === 'literal' ? key.value : undefined;
  if (value.type === 'variables' && typeof name === 'string') return variableNamed(name, scope.env);
  if (value.type === 'overrides' && typeof name === 'string') {
    const code = member('host.overrides', name);
    return { code, type: 'any', soft: `(${code} | default(false))` };
  }
  if (value.type === 'files' && typeof name === 'string') return { code: '', type: 'file', file: name };
  if (value.type === 'extraAddresses') return extraAddress(key, scope);
  if (value.type !== 'any' && !isList(value.type)) throw new Untranslatable('imago has no such table');
  const code = translate(key, scope).code;
  const type: ValueType = elementType[value.type] ?? 'any';
  return { code: typeof name === 'string' ? member(value.code, name) : `${value.code}[${code}]`, type };
}

/** The address is the interface's own in imago; shipped templates have the name of the variable in quotes. */
function extraAddress(key: GoExpression, scope: Scope): Value {
  const text = key.kind === 'literal' ? String(key.value) : undefined;
  const path =
    text === undefined
      ? key
      : { kind: 'path' as const, root: text.split('.')[0], fields: [text.split('.')[1] ?? ''] };
  const root = path.kind === 'path' ? path.root : undefined;
  const nic = root === undefined ? undefined : scope.variables.get(root);
  if (nic?.type !== 'extraNic' || path.kind !== 'path' || path.fields[0] !== 'InterfaceName')
    throw new Untranslatable('addresses of further interfaces are those of network.extraNics in imago');
  return { code: `${nic.code}.address`, type: 'optional' };
}

function printf(args: readonly GoExpression[], scope: Scope): Value {
  const [format, ...rest] = args;
  if (format?.kind !== 'literal' || typeof format.value !== 'string')
    throw new Untranslatable('printf has a format that is put together');
  const values = rest.map((arg) => operandOf(translate(arg, scope)));
  let next = 0;
  const parts = format.value.split(/(%[%svd])/).flatMap((part) => {
    if (part === '') return [];
    if (part === '%%') return [textLiteral('%')];
    if (/^%[svd]$/.test(part)) return [values[next++] ?? "''"];
    if (part.includes('%'))
      throw new Untranslatable(`printf has a verb in ${textLiteral(part)} that imago does not have`);
    return [textLiteral(part)];
  });
  return { code: `(${parts.join(' ~ ')})`, type: 'text' };
}
