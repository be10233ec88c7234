import { cell } from './columns.js';
import { screenSize } from './terminal.js';

interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** One line that is drawn over on a terminal; elsewhere a line for each tenth that is new, so that logs stay short. */
export class ProgressDisplay {
  #last = '';
  #isDrawn = false;

  constructor(private readonly screen: Screen) {}

  /** @param step What stays the same while there is nothing worth a line in a log. */
  show(line: string, step: string): void {
    if (this.screen.isTTY === true) {
      const width = screenSize(this.screen).columns;
      this.screen.write(`\r\u{1b}[K${cell(line).slice(0, width - 1)}`);
      this.#isDrawn = true;
    } else if (step !== this.#last) {
      this.screen.write(`${cell(line)}\n`);
    }
    this.#last = step;
  }

  end(): void {
    if (this.#isDrawn) this.screen.write('\r\u{1b}[K');
    this.#isDrawn = false;
  }
}
