import type { Budget } from './bounds.js';
import { CallFault } from './go-template-fault.js';
import { compareStrings } from './go-string.js';
import { noFlags } from './format-flags.js';
import { Uint8, kindOf, typeName, unbox, type Value } from './go-value.js';
import { Printer } from './printer.js';

type Basic = 'bool' | 'int' | 'uint8' | 'float64' | 'string';

/** Whether the first equals one of the others, as `eq` has it. */
export function equalsAny(first: Value, others: readonly Value[], budget: Budget): boolean {
  const one = unbox(first);
  if (others.length === 0) throw new CallFault('missing argument for comparison');
  return others.some((other) => equals(one, unbox(other), budget));
}

function equals(one: Value, other: Value, budget: Budget): boolean {
  budget.spend();
  const [kind, otherKind] = [basicKind(one), basicKind(other)];
  if (kind !== otherKind) {
    if (isInteger(one) && isInteger(other)) return integerOf(one) === integerOf(other);
    if (one !== undefined && other !== undefined) throw new CallFault('incompatible types for comparison');
    return false;
  }
  if (typeof one === 'string') budget.read(one);
  if (kind !== undefined)
    return one instanceof Uint8 && other instanceof Uint8 ? one.value === other.value : one === other;
  if (one === undefined || other === undefined) return one === other;
  if (kindOf(one) !== kindOf(other)) {
    throw new CallFault(
      `non-comparable types ${shown(one, 's', budget)}: ${typeName(one)}, ${typeName(other)}: ${shown(other, 'v', budget)}`,
    );
  }
  throw new CallFault(`non-comparable type ${shown(other, 's', budget)}: ${typeName(other)}`);
}

export function isLess(first: Value, second: Value, budget: Budget): boolean {
  const [one, other] = [unbox(first), unbox(second)];
  const [kind, otherKind] = [basicKind(one), basicKind(other)];
  if (kind === undefined || otherKind === undefined) throw new CallFault('invalid type for comparison');
  if (isInteger(one) && isInteger(other)) return integerOf(one) < integerOf(other);
  if (kind !== otherKind) throw new CallFault('incompatible types for comparison');
  if (typeof one === 'string' && typeof other === 'string') {
    budget.read(one);
    return compareStrings(one, other) < 0;
  }
  if (typeof one !== 'number' || typeof other !== 'number')
    throw new CallFault('invalid type for comparison');
  return one < other;
}

export function isLessOrEqual(first: Value, second: Value, budget: Budget): boolean {
  return isLess(first, second, budget) || equalsAny(first, [second], budget);
}

function basicKind(value: Value): Basic | undefined {
  const kind = kindOf(value);
  return kind === 'bool' || kind === 'int' || kind === 'uint8' || kind === 'float64' || kind === 'string'
    ? kind
    : undefined;
}

function isInteger(value: Value): value is bigint | Uint8 {
  return typeof value === 'bigint' || value instanceof Uint8;
}

function integerOf(value: bigint | Uint8): bigint {
  return value instanceof Uint8 ? BigInt(value.value) : value;
}

function shown(value: Value, verb: string, budget: Budget): string {
  const printer = new Printer(budget);
  printer.operand(value, verb, noFlags());
  return printer.finish();
}
