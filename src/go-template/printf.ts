import type { Budget } from './bounds.js';
import { noFlags, type Flags } from './format-flags.js';
import { Uint8, typeName, type Value } from './go-value.js';
import { Printer } from './printer.js';

const MOST = 1_000_000;
const FLAGS = /[#0+\- ]*/y;

/** Go's Sprintf: with operands by number (`%[2]d`), widths from operands (`%*d`), and its words for what does not fit. */
export function printf(format: string, values: readonly Value[], budget: Budget): string {
  const run = new Formatting(format, values, budget);
  budget.read(format);
  return run.print();
}

class Formatting {
  private readonly printer: Printer;
  private place = 0;
  private next = 0;
  private isReordered = false;
  private isGoodNumber = true;
  private isAfterNumber = false;

  constructor(
    private readonly format: string,
    private readonly values: readonly Value[],
    budget: Budget,
  ) {
    this.printer = new Printer(budget);
  }

  print(): string {
    const { format, printer } = this;
    while (this.place < format.length) {
      const percent = format.indexOf('%', this.place);
      printer.write(format.slice(this.place, percent < 0 ? format.length : percent));
      if (percent < 0) break;
      this.place = percent + 1;
      this.directive();
    }
    if (!this.isReordered && this.next < this.values.length) this.extra();
    return printer.finish();
  }

  private directive(): void {
    const { format, printer, values } = this;
    const flags = this.flags();
    this.isGoodNumber = true;
    this.isAfterNumber = false;
    this.operandNumber();
    this.width(flags);
    this.precision(flags);
    if (!this.isAfterNumber) this.operandNumber();
    const codePoint = format.codePointAt(this.place);
    if (codePoint === undefined) return printer.write('%!(NOVERB)');
    const verb = String.fromCodePoint(codePoint);
    this.place += verb.length;
    if (verb === '%') printer.write('%');
    else if (!this.isGoodNumber) printer.write(`%!${verb}(BADINDEX)`);
    else if (this.next >= values.length) printer.write(`%!${verb}(MISSING)`);
    else {
      // `%w` is for errors alone, and takes its flags as `%v` does.
      const isValue = verb === 'v' || verb === 'w';
      const taken = isValue ? { ...flags, asSource: flags.sharp, sharp: false, plus: false } : flags;
      printer.operand(values[this.next], verb, taken);
      this.next += 1;
    }
    return undefined;
  }

  private flags(): Flags {
    const start = this.place;
    FLAGS.lastIndex = start;
    FLAGS.test(this.format);
    this.place = FLAGS.lastIndex;
    const written = new Set(this.format.slice(start, this.place));
    return {
      ...noFlags(),
      sharp: written.has('#'),
      zero: written.has('0'),
      plus: written.has('+'),
      minus: written.has('-'),
      space: written.has(' '),
    };
  }

  private width(flags: Flags): void {
    if (this.format[this.place] !== '*') {
      flags.width = this.number();
      if (this.isAfterNumber && flags.width !== undefined) this.isGoodNumber = false;
      return;
    }
    this.place += 1;
    flags.width = this.fromOperand();
    if (flags.width === undefined) this.printer.write('%!(BADWIDTH)');
    if (flags.width !== undefined && flags.width < 0) {
      flags.width = -flags.width;
      flags.minus = true;
      flags.zero = false;
    }
    this.isAfterNumber = false;
  }

  private precision(flags: Flags): void {
    if (this.format[this.place] !== '.' || this.place + 1 >= this.format.length) return;
    this.place += 1;
    if (this.isAfterNumber) this.isGoodNumber = false;
    this.operandNumber();
    if (this.format[this.place] !== '*') {
      flags.precision = this.number() ?? 0;
      return;
    }
    this.place += 1;
    const precision = this.fromOperand();
    if (precision === undefined || precision < 0) this.printer.write('%!(BADPREC)');
    else flags.precision = precision;
    this.isAfterNumber = false;
  }

  /** Digits at this place; far too many of them end the format, as in Go. */
  private number(): number | undefined {
    let value: number | undefined;
    for (let digit = this.digit(); digit !== undefined; digit = this.digit()) {
      if ((value ?? 0) > MOST) {
        this.place = this.format.length;
        return undefined;
      }
      value = (value ?? 0) * 10 + digit;
      this.place += 1;
    }
    return value;
  }

  private digit(): number | undefined {
    const character = this.format[this.place];
    return character !== undefined && character >= '0' && character <= '9' ? Number(character) : undefined;
  }

  private fromOperand(): number | undefined {
    if (this.next >= this.values.length) return undefined;
    const value = this.values[this.next];
    this.next += 1;
    const number =
      value instanceof Uint8 ? value.value : typeof value === 'bigint' ? Number(value) : undefined;
    return number === undefined || Math.abs(number) > MOST ? undefined : number;
  }

  /** An operand's number in brackets, where one stands here. */
  private operandNumber(): void {
    this.isAfterNumber = false;
    if (this.format[this.place] !== '[') return;
    this.isReordered = true;
    const isLong = this.format.length - this.place >= 3;
    const close = isLong ? this.format.indexOf(']', this.place) : -1;
    const digits = close < 0 ? '' : this.format.slice(this.place + 1, close);
    const isNumber = /^\d+$/.test(digits) && Number(digits) <= 10 * MOST;
    const index = Number(digits) - 1;
    this.place = close < 0 ? this.place + 1 : close + 1;
    this.isAfterNumber = isNumber;
    if (isNumber && index >= 0 && index < this.values.length) this.next = index;
    else this.isGoodNumber = false;
  }

  private extra(): void {
    const { printer, values } = this;
    printer.write('%!(EXTRA ');
    for (let place = this.next; place < values.length; place++) {
      if (place > this.next) printer.write(', ');
      const value = values[place];
      if (value !== undefined) printer.write(`${typeName(value)}=`);
      printer.operand(value, 'v', noFlags());
    }
    printer.write(')');
  }
}
