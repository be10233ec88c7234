import type { Budget } from './bounds.js';
import { equalsAny, isLess, isLessOrEqual } from './compare.js';
import { escapeHtml, escapeQuery, escapeScript } from './escapes.js';
import { CallFault } from './go-template-fault.js';
import { byteLength, byteSlice, forOutside, joined, toBytes } from './go-string.js';
import {
  Uint8,
  boxed,
  entryOf,
  isTrue,
  keysOf,
  kindOf,
  typeName,
  unbox,
  zeroEntryOf,
  type Value,
} from './go-value.js';
import { print, printLine } from './printer.js';
import { printf } from './printf.js';

/** A parameter takes a string, or anything as it is, or anything out of its interface. */
type Parameter = 'string' | 'value' | 'any';

export interface GoFunction {
  readonly fixed: readonly Parameter[];
  /** Of what any number may follow. */
  readonly rest?: Parameter;
  /** @throws CallFault with what is wrong with the arguments */
  call(values: readonly Value[], budget: Budget): Value;
}

const printing = (run: (values: readonly Value[], budget: Budget) => string): GoFunction => ({
  fixed: [],
  rest: 'any',
  call: (values, budget) => joined(run(values, budget)),
});

const escaping = (escape: (text: string) => string): GoFunction =>
  printing((values, budget) => {
    const [only] = values;
    const isString = values.length === 1 && typeof only === 'string';
    const text = isString
      ? only
      : print(
          values.map((value) => value ?? '<no value>'),
          budget,
        );
    return budget.made(escape(budget.made(text)));
  });

const comparing = (compare: (one: Value, other: Value, budget: Budget) => boolean): GoFunction => ({
  fixed: ['value', 'value'],
  call: ([one, other], budget) => compare(one, other, budget),
});

/** The evaluator calls `and`, `or` and `call` itself: they do not evaluate all arguments, or know their text. */
const byEvaluator = (): never => {
  throw new CallFault('is not called like this');
};

/** Functions that every template has. */
export const builtins: Readonly<Record<string, GoFunction>> = {
  and: { fixed: ['value'], rest: 'value', call: byEvaluator },
  or: { fixed: ['value'], rest: 'value', call: byEvaluator },
  call: { fixed: ['value'], rest: 'value', call: byEvaluator },
  not: { fixed: ['value'], call: ([value], budget) => !isTrue(value, budget) },
  eq: {
    fixed: ['value'],
    rest: 'value',
    call: ([first, ...others], budget) => equalsAny(first, others, budget),
  },
  ne: comparing((one, other, budget) => !equalsAny(one, [other], budget)),
  lt: comparing(isLess),
  le: comparing(isLessOrEqual),
  gt: comparing((one, other, budget) => !isLessOrEqual(one, other, budget)),
  ge: comparing((one, other, budget) => !isLess(one, other, budget)),
  index: { fixed: ['value'], rest: 'value', call: index },
  slice: { fixed: ['value'], rest: 'value', call: slice },
  len: { fixed: ['value'], call: ([value], budget) => lengthOf(value, budget) },
  print: printing(print),
  println: printing(printLine),
  printf: {
    fixed: ['string'],
    rest: 'any',
    call: ([format, ...values], budget) => joined(printf(String(format), values, budget)),
  },
  html: escaping(escapeHtml),
  js: escaping(escapeScript),
  urlquery: escaping(escapeQuery),
};

/** A function of the caller's: strings to a string. What it throws is told with its message. */
export function stringFunction(run: (...texts: string[]) => string): GoFunction {
  return {
    fixed: Array.from({ length: run.length }, () => 'string'),
    call(values, budget) {
      try {
        return budget.made(run(...values.map((value) => forOutside(String(value)))));
      } catch (error) {
        throw new CallFault(error instanceof Error ? error.message : String(error), { cause: error });
      }
    },
  };
}

function index([value, ...indexes]: readonly Value[], budget: Budget): Value {
  let item = unbox(value);
  if (item === undefined) throw new CallFault('index of untyped nil');
  for (const given of indexes) {
    const at = unbox(given);
    const inside = unbox(item);
    if (inside === undefined) throw new CallFault('index of nil pointer');
    if (Array.isArray(inside)) {
      item = elementOf(inside, position(at, inside.length));
    } else if (typeof inside === 'string') {
      budget.read(inside);
      const bytes = toBytes(inside);
      const byte = bytes[position(at, bytes.length)];
      if (byte === undefined) throw new CallFault('reflect: string index out of range');
      item = new Uint8(byte);
    } else if (kindOf(inside) === 'map') {
      item = entryOf(inside, keyOf(at)) ?? zeroEntryOf(inside);
    } else throw new CallFault(`can't index item of type ${typeName(inside)}`);
  }
  return item;
}

function slice([value, ...indexes]: readonly Value[], budget: Budget): Value {
  const item = unbox(value);
  if (item === undefined) throw new CallFault('slice of untyped nil');
  if (indexes.length > 3) throw new CallFault(`too many slice indexes: ${indexes.length}`);
  if (typeof item === 'string' && indexes.length === 3) throw new CallFault('cannot 3-index slice a string');
  if (typeof item !== 'string' && !Array.isArray(item))
    throw new CallFault(`can't slice item of type ${typeName(item)}`);
  const length = Number(lengthOf(item, budget));
  // What is in an interface is no index here, unlike for `index`.
  const [start = 0, end = length, most = length] = indexes.map((at) => position(at, length));
  if (start > end) throw new CallFault(`invalid slice index: ${start} > ${end}`);
  if (end > most) throw new CallFault(`invalid slice index: ${end} > ${most}`);
  if (typeof item === 'string') return budget.made(byteSlice(item, start, end));
  budget.spend(end - start);
  return item.slice(start, end);
}

function lengthOf(value: Value, budget: Budget): bigint {
  const item = unbox(value);
  if (item === undefined) {
    throw new CallFault(
      value === undefined ? 'reflect: call of reflect.Value.Type on zero Value' : 'len of nil pointer',
    );
  }
  if (Array.isArray(item)) return BigInt(item.length);
  if (kindOf(item) === 'map') return BigInt(keysOf(item, budget).length);
  if (typeof item !== 'string') throw new CallFault(`len of type ${typeName(item)}`);
  budget.read(item);
  return BigInt(byteLength(item));
}

/** An index as Go takes it: up to the length, which is right for the end of a slice. */
function position(at: Value, length: number): number {
  const number = at instanceof Uint8 ? BigInt(at.value) : at;
  if (number === undefined) throw new CallFault('cannot index slice/array with nil');
  if (typeof number !== 'bigint') throw new CallFault(`cannot index slice/array with type ${typeName(at)}`);
  if (number < 0n || number > BigInt(length)) throw new CallFault(`index out of range: ${number}`);
  return Number(number);
}

function elementOf(list: readonly unknown[], at: number): Value {
  if (at >= list.length) throw new CallFault('reflect: slice index out of range');
  return boxed(list[at]);
}

function keyOf(at: Value): string {
  if (typeof at === 'string') return at;
  throw new CallFault(
    at === undefined
      ? 'value is nil; should be of type string'
      : `value has type ${typeName(at)}; should be string`,
  );
}
