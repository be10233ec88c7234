/** How much each one has of something; who has nothing is forgotten. */
export class Tally {
  readonly #amounts = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  of(name: string): number {
    return this.#amounts.get(name) ?? 0;
  }

  add(name: string, amount: number): void {
    const now = this.of(name) + amount;
    if (now === 0) this.#amounts.delete(name);
    else this.#amounts.set(name, now);
    this.#total += amount;
  }
}
