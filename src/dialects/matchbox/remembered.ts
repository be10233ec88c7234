/** What was worked out lately, by what it was made of: the longest unused goes. What failed is not kept. */
export class Remembered<T> {
  readonly #kept = new Map<string, Promise<T>>();

  constructor(private readonly most: number) {}

  /** Works out the same only once at a time. */
  get(key: string, work: () => Promise<T>): Promise<T> {
    const known = this.#kept.get(key);
    if (known) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known;
    }
    const made = Promise.resolve().then(work);
    this.#kept.set(key, made);
    made.catch(() => this.forget(key));
    const [oldest] = this.#kept.size > this.most ? this.#kept.keys() : [];
    if (oldest !== undefined) this.#kept.delete(oldest);
    return made;
  }

  forget(key: string): void {
    this.#kept.delete(key);
  }
}
