/** What of a logger is needed; pino's fits. */
type LevelledLog<Level extends string> = Readonly<Record<Level, (facts: object, message: string) => void>>;

const WINDOW_MILLISECONDS = 10_000;
const MOST_KINDS = 1_000;

interface Window {
  readonly startedAt: number;
  written: number;
  suppressed: number;
}

/** Keeps a flood of like events from flooding the log: so many lines per kind and ten seconds, with the number left out. */
export class LimitedLog<Level extends string = 'info' | 'warn' | 'error'> {
  readonly #windows = new Map<string, Window>();

  constructor(
    private readonly log: LevelledLog<NoInfer<Level>>,
    private readonly clock: () => number,
    /** Lines of a kind. */
    private readonly most = 1,
  ) {}

  /** Whether it was written. */
  write(level: Level, name: string, facts: object, message: string): boolean {
    const now = this.clock();
    const kind = this.#kindOf(name, now);
    const window = this.#windows.get(kind);
    if (window !== undefined && now - window.startedAt < WINDOW_MILLISECONDS) {
      if (window.written >= this.most) {
        window.suppressed += 1;
        return false;
      }
      window.written += 1;
      this.log[level](facts, message);
      return true;
    }
    this.#windows.delete(kind);
    this.#windows.set(kind, { startedAt: now, written: 1, suppressed: 0 });
    const leftOut = window?.suppressed ?? 0;
    this.log[level](leftOut === 0 ? facts : { ...facts, leftOut }, message);
    return true;
  }

  /** Kinds may hold what came over the wire: their number has an end, and those beyond it are one. */
  #kindOf(name: string, now: number): string {
    if (this.#windows.size < MOST_KINDS || this.#windows.has(name)) return name;
    for (const [oldest, { startedAt }] of this.#windows) {
      if (now - startedAt < WINDOW_MILLISECONDS) break;
      this.#windows.delete(oldest);
    }
    return this.#windows.size < MOST_KINDS ? name : '';
  }
}
