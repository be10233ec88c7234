import type { Budget } from './bounds.js';
import { formatFloat } from './format-float.js';
import { noFlags, pad, type Flags } from './format-flags.js';
import { formatInteger } from './format-integer.js';
import { formatString } from './format-string.js';
import { Uint8, kindOf, sortedEntries, typeName, unbox, type Value } from './go-value.js';

/** Writes values as Go's fmt does. */
export class Printer {
  private text = '';

  constructor(private readonly budget: Budget) {}

  write(text: string): void {
    this.budget.room(this.text.length + text.length);
    this.text += text;
  }

  /** What was written, paid for. */
  finish(): string {
    return this.budget.made(this.text);
  }

  /** One operand of a verb; undefined is nil. */
  operand(value: Value, verb: string, flags: Flags): void {
    if (value === undefined) {
      if (verb === 'v' || verb === 'T') this.write(pad('<nil>', flags, this.budget));
      else this.badVerb(value, verb, flags);
    } else if (verb === 'T') {
      this.write(formatString(typeName(value), 's', flags, this.budget) ?? '');
    } else if (verb === 'p' || verb === 'w') {
      // The addresses of maps and lists, which Go prints, would be another each time.
      this.badVerb(value, verb, flags);
    } else this.value(value, verb, flags);
  }

  /** As in `%!d(string=x)`. */
  private badVerb(value: Value, verb: string, flags: Flags): void {
    this.write(`%!${verb}(`);
    if (value === undefined) this.write('<nil>');
    else {
      this.write(`${typeName(value)}=`);
      this.value(value, 'v', flags);
    }
    this.write(')');
  }

  private value(value: Value, verb: string, flags: Flags): void {
    const kind = kindOf(value);
    if (kind === 'map' || kind === 'slice') return this.inside(() => this.collection(value, verb, flags));
    const text = this.simple(value, verb, flags);
    return text === undefined ? this.badVerb(value, verb, flags) : this.write(text);
  }

  private simple(value: Value, verb: string, flags: Flags): string | undefined {
    this.budget.spend();
    if (typeof value === 'string') return formatString(value, verb, flags, this.budget);
    if (typeof value === 'number') return formatFloat(value, verb, flags, this.budget);
    if (typeof value === 'bigint') return formatInteger(value, verb, flags, this.budget);
    if (value instanceof Uint8) {
      const asSource = verb === 'v' && flags.asSource;
      return formatInteger(
        BigInt(value.value),
        asSource ? 'x' : verb,
        asSource ? { ...flags, sharp: true } : flags,
        this.budget,
      );
    }
    return verb === 't' || verb === 'v' ? pad(String(value), flags, this.budget) : undefined;
  }

  private collection(value: Value, verb: string, flags: Flags): void {
    const [open, between, close] = flags.asSource
      ? [`${typeName(value)}{`, ', ', '}']
      : [Array.isArray(value) ? '[' : 'map[', ' ', ']'];
    this.write(open);
    let isFirst = true;
    const entries: Iterable<readonly [unknown, Value]> = Array.isArray(value)
      ? value.entries()
      : sortedEntries(value, this.budget);
    for (const [key, element] of entries) {
      if (!isFirst) this.write(between);
      isFirst = false;
      if (typeof key === 'string') {
        this.value(key, verb, flags);
        this.write(':');
      }
      this.element(unbox(element) ?? undefined, verb, flags);
    }
    this.write(close);
  }

  private element(value: Value, verb: string, flags: Flags): void {
    if (value === undefined) this.write(flags.asSource ? 'interface {}(nil)' : '<nil>');
    else this.value(value, verb, flags);
  }

  private inside(write: () => void): void {
    this.budget.enter();
    write();
    this.budget.leave();
  }
}

/** As Go's Sprint: a space between operands where neither is a string. */
export function print(values: readonly Value[], budget: Budget): string {
  const printer = new Printer(budget);
  const flags = noFlags();
  let wasString = true;
  for (const value of values) {
    const isString = typeof value === 'string';
    if (!isString && !wasString) printer.write(' ');
    printer.operand(value, 'v', flags);
    wasString = isString;
  }
  return printer.finish();
}

/** As Go's Sprintln. */
export function printLine(values: readonly Value[], budget: Budget): string {
  const printer = new Printer(budget);
  for (const [place, value] of values.entries()) {
    if (place > 0) printer.write(' ');
    printer.operand(value, 'v', noFlags());
  }
  printer.write('\n');
  return printer.finish();
}
