import {
  childOf,
  engine,
  isList,
  isNode,
  nameOf,
  optionalChildOf,
  partsOf,
  type AstNode,
} from './nunjucks-engine.js';

/** The filters that the rewritten tree calls; no template can: their names are no words of its language. */
export const PRESENT = 'imago present';
export const ESCAPE = 'imago escape';
export const SECRET = 'imago secret';

/** The function by which templates ask for a secret. */
const SECRET_FUNCTION = 'secret';

interface Scope {
  readonly template: string;
  /** Our filters. */
  readonly escapers: ReadonlySet<string>;
}

/**
 * Makes a missing variable an error wherever it is used: in conditions, loops and texts that are put together, where nunjucks
 * would take it for an empty one. Only `is defined` and `default(…)` may ask for what there is not.
 *
 * Each lookup becomes `lookup | present(template, line, 'its text')`, `secret(name)` becomes `name | secret(template, line)`, each of our filters `value | escape(template, line, 'its name',
 * whether it is put out)`, so that an error names its line. Changes the tree.
 */
export function makeLookupsStrict(node: AstNode, scope: Scope): void {
  for (const field of node.fields) {
    const part = node[field];
    if (Array.isArray(part)) {
      part.forEach((item, index) => {
        if (isNode(item)) part[index] = strict(node, field, item, scope);
      });
    } else if (isNode(part)) {
      node[field] = strict(node, field, part, scope);
    }
  }
  const body = node.typename === 'Set' ? optionalChildOf(node, 'body') : undefined;
  if (body) makeLookupsStrict(body, scope);
}

function strict(parent: AstNode, field: string, node: AstNode, scope: Scope): AstNode {
  if (namesSomething(parent, field)) return node;
  if (node.typename === 'Symbol') return present(node, scope);
  if (node.typename === 'LookupVal') {
    makeLookupsStrict(node, scope);
    return present(node, scope);
  }
  if (node.typename === 'Is' && ['defined', 'undefined'].includes(nameOf(childOf(node, 'right')))) {
    soften(childOf(node, 'left'), scope);
    return node;
  }
  if (node.typename === 'Filter') {
    const name = nameOf(node);
    const args = childOf(node, 'args');
    const [subject, ...others] = partsOf(args);
    if (isList(args) && subject && (name === 'default' || name === 'd')) {
      soften(subject, scope);
      args.children = [subject, ...others.map((other) => strict(args, 'children', other, scope))];
      return node;
    }
    makeLookupsStrict(node, scope);
    return scope.escapers.has(name) ? escape(node, name, parent.typename === 'Output', scope) : node;
  }
  makeLookupsStrict(node, scope);
  return isSecret(node) ? secret(node, scope) : node;
}

/** Whether it is `secret('name')`. */
export function isSecret(node: AstNode): boolean {
  return node.typename === 'FunCall' && nameOf(node) === SECRET_FUNCTION;
}

/** Its arguments, as they are written. */
export function secretArguments(node: AstNode): readonly AstNode[] {
  return partsOf(childOf(node, 'args'));
}

/** A lookup that may find nothing at its end; what leads there must exist. */
function soften(node: AstNode, scope: Scope): void {
  if (node.typename === 'LookupVal') {
    node['target'] = strict(node, 'target', childOf(node, 'target'), scope);
    node['val'] = strict(node, 'val', childOf(node, 'val'), scope);
  } else if (node.typename !== 'Symbol') {
    makeLookupsStrict(node, scope);
  }
}

/** Symbols that are no lookups: what a tag defines, the names of filters, tests and keys. */
function namesSomething(parent: AstNode, field: string): boolean {
  switch (parent.typename) {
    case 'Set':
      return field === 'targets';
    case 'For':
      return field === 'name';
    case 'Filter':
    case 'FunCall':
      return field === 'name';
    case 'Is':
      return field === 'right';
    case 'Pair':
      return field === 'key';
    default:
      return false;
  }
}

function present(node: AstNode, scope: Scope): AstNode {
  return filter(PRESENT, node, [scope.template, node.lineno + 1, showLookup(node)]);
}

function secret(node: AstNode, scope: Scope): AstNode {
  const [name] = secretArguments(node);
  return name ? filter(SECRET, name, [scope.template, node.lineno + 1]) : node;
}

function escape(node: AstNode, name: string, isOutput: boolean, scope: Scope): AstNode {
  const [value, ...others] = partsOf(childOf(node, 'args'));
  if (!value) return node;
  return filter(ESCAPE, value, [scope.template, node.lineno + 1, name, isOutput], others);
}

function filter(
  name: string,
  subject: AstNode,
  literals: readonly (string | number | boolean)[],
  others: readonly AstNode[] = [],
): AstNode {
  const { Filter, Literal, NodeList, Symbol } = engine.nodes;
  const { lineno, colno } = subject;
  const words = literals.map((value) => new Literal(lineno, colno, value));
  return new Filter(
    lineno,
    colno,
    new Symbol(lineno, colno, name),
    new NodeList(lineno, colno, [subject, ...words, ...others]),
  );
}

/** `host.macAddresses[0]`, as the author wrote it. */
function showLookup(node: AstNode): string {
  if (node.typename === 'Symbol') return nameOf(node);
  if (node.typename === 'Filter') return showLookup(partsOf(childOf(node, 'args'))[0] ?? node);
  if (node.typename !== 'LookupVal') return `(${node.typename})`;
  const target = showLookup(childOf(node, 'target'));
  const key = childOf(node, 'val');
  const value = key['value'];
  if (key.typename === 'Literal')
    return typeof value === 'string' ? `${target}.${value}` : `${target}[${String(value)}]`;
  return `${target}[${showLookup(key)}]`;
}
