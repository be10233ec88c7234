/** What of a logger is needed; pino's fits. */
type LevelledLog<Level extends string> = Readonly<Record<Level, (facts: object, message: string) => void>>;

const WINDOW_MILLISECONDS = 10_000;
const MOST_KINDS = 1_000;

interface Window {
  readonly startedAt: number;
  suppressed: number;
}

/** Keeps a flood of like events from flooding the log: one line per kind and ten seconds, with the number left out. */
export class LimitedLog<Level extends string = 'info' | 'warn' | 'error'> {
  readonly #windows = new Map<string, Window>();

  constructor(
    private readonly log: LevelledLog<NoInfer<Level>>,
    private readonly clock: () => number,
  ) {}

  write(level: Level, kind: string, facts: object, message: string): void {
    const now = this.clock();
    const window = this.#windows.get(kind);
    if (window !== undefined && now - window.startedAt < WINDOW_MILLISECONDS) {
      window.suppressed += 1;
      return;
    }
    // Kinds may hold what came over the wire: their number has an end.
    if (this.#windows.size >= MOST_KINDS) this.#windows.clear();
    this.#windows.set(kind, { startedAt: now, suppressed: 0 });
    const leftOut = window === undefined || window.suppressed === 0 ? {} : { leftOut: window.suppressed };
    this.log[level]({ ...facts, ...leftOut }, message);
  }
}
