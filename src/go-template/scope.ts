import type { Budget } from './bounds.js';
import type { Value } from './go-value.js';

/** The variables of one template that runs, innermost last. */
export class Scope {
  private readonly names: string[] = ['$'];
  private readonly values: Value[];

  constructor(
    dot: Value,
    private readonly budget: Budget,
  ) {
    this.values = [dot];
  }

  get size(): number {
    return this.names.length;
  }

  cutTo(size: number): void {
    this.names.length = size;
    this.values.length = size;
  }

  declare(name: string, value: Value): void {
    this.names.push(name);
    this.values.push(value);
  }

  /** Sets the one declared as the last but so many. */
  setLast(fromEnd: number, value: Value): void {
    this.values[this.values.length - fromEnd] = value;
  }

  /** Whether there is such a variable. */
  set(name: string, value: Value): boolean {
    const place = this.find(name);
    if (place >= 0) this.values[place] = value;
    return place >= 0;
  }

  get(name: string): { value: Value } | undefined {
    const place = this.find(name);
    return place < 0 ? undefined : { value: this.values[place] };
  }

  private find(name: string): number {
    const place = this.names.lastIndexOf(name);
    this.budget.spend((this.names.length - place) >> 4);
    return place;
  }
}
