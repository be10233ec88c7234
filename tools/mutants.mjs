// The mutants of a program: each is one small change that a test ought to notice. From text to text, without running anything.
import { parseSync } from '@swc/core';

const comparisons = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '==': '!=',
  '!=': '==',
  '&&': '||',
  '||': '&&',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '&': '|',
  '|': '&',
  '<<': '>>',
  '>>': '<<',
  '>>>': '<<',
};

/** Calls that only tell somebody what goes on. */
const TELLING = /\b(log|logger|limited)\b/;

/**
 * @param {string} text JavaScript, as tsc writes it
 * @returns {{ start: number, end: number, original: string, mutant: string }[]} places in characters, in the order of the text
 */
export function mutantsOf(text) {
  const bytes = Buffer.from(text, 'utf8');
  const isAscii = bytes.length === text.length;
  // Spans of swc are bytes counted from 1.
  const place = (span) => (isAscii ? span - 1 : bytes.toString('utf8', 0, span - 1).length);
  const found = [];
  const put = ({ start, end }, mutant) => {
    const [from, to] = [place(start), place(end)];
    const original = text.slice(from, to);
    const changed = typeof mutant === 'function' ? mutant(original) : mutant;
    if (changed !== original) found.push({ start: from, end: to, original, mutant: changed });
  };
  visit(parseSync(text, { syntax: 'ecmascript', target: 'es2022' }), put);
  return found.sort((one, other) => one.start - other.start || one.end - other.end);
}

function visit(node, put) {
  if (Array.isArray(node)) {
    for (const each of node) visit(each, put);
    return;
  }
  if (node === null || typeof node !== 'object') return;
  if (!('type' in node)) {
    for (const each of Object.values(node)) visit(each, put); // such as { spread, expression }
    return;
  }
  mutate[node.type]?.(node, put);
  for (const [key, child] of Object.entries(node)) if (!isSkipped(node, key)) visit(child, put);
}

/** Sentences of errors and of the log, names, and where modules come from, are no behaviour that a test should pin. */
function isSkipped({ type, callee }, key) {
  if (type.startsWith('Import') || type === 'ExportNamedDeclaration' || type === 'ExportAllDeclaration') return true;
  if (type === 'ThrowStatement' || type === 'TemplateLiteral') return key !== 'expressions';
  if (type === 'CallExpression' && key === 'arguments') return callee.type === 'Super' || tells(callee);
  return key === 'key' || key === 'span';
}

function tells(callee) {
  const names = [];
  for (let node = callee; node; node = node.object) names.push(node.property?.value ?? node.property?.id?.value ?? node.value);
  return names.some((name) => TELLING.test(String(name)));
}

/** What each kind of node is changed into. */
const mutate = {
  IfStatement: ({ test }, put) => condition(test, put),
  ConditionalExpression: ({ test }, put) => condition(test, put),
  WhileStatement: ({ test }, put) => put(test.span, 'false'),
  BinaryExpression: ({ operator, left, right }, put) => {
    const other = comparisons[operator];
    if (other) put({ start: left.span.end, end: right.span.start }, (text) => text.replace(operator, other));
  },
  UnaryExpression: ({ operator, span }, put) => {
    if (operator === '!') put(span, (text) => text.slice(1));
  },
  NumericLiteral: ({ value, span }, put) => put(span, String(value + 1)),
  BooleanLiteral: ({ value, span }, put) => put(span, String(!value)),
  StringLiteral: ({ value, span }, put) => {
    if (value !== '' && !value.includes(' ')) put(span, `'mutant'`);
  },
  ReturnStatement: ({ argument }, put) => {
    if (argument && !isPlain(argument)) put(argument.span, 'undefined');
  },
  ArrowFunctionExpression: ({ body }, put) => {
    if (body.type !== 'BlockStatement' && !isPlain(body)) put(body.span, 'undefined');
  },
  ExpressionStatement: ({ expression, span }, put) => {
    const call = expression.type === 'AwaitExpression' ? expression.argument : expression;
    const isTold = call.type === 'CallExpression' && (call.callee.type === 'Super' || tells(call.callee));
    if (!isTold && call.type !== 'StringLiteral') put(span, ';');
  },
};

/** Of names and literals `undefined` tells little more than what else is made of them. */
function isPlain({ type }) {
  return type === 'Identifier' || type.endsWith('Literal');
}

function condition(test, put) {
  put(test.span, (text) => `!(${text})`);
}
