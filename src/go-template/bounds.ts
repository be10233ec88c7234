/** Code units of a template's text. */
export const MOST_SOURCE_UNITS = 512 * 1024;

/** Bytes of the output, and code units of any string made on the way: far above what a machine gets to boot with. */
export const MOST_UNITS = 2 * 1024 * 1024;

/**
 * Steps of one execution: an operand, a line of output, a round of a loop, a quarter of a map's key, or 16 code units of a
 * string that is made or compared. All of them take less than half a second.
 */
export const MOST_STEPS = 250_000;

/** Blocks and parentheses within each other in the text of a template. */
export const MOST_NESTING = 100;

/** Templates that call each other; Go says 100,000, which this stack does not hold. */
export const MOST_TEMPLATES_DEEP = 100;

/** Blocks, templates, pipelines and printed values within each other while one template runs. */
export const MOST_DEPTH = 500;

/** Variables in scope at one place. */
export const MOST_VARIABLES = 500;

/** Code units of an error's message, which Go does not cut off. */
export const MOST_MESSAGE_UNITS = 2000;

/** A bound that one execution met; whoever knows the place makes a fault of it. */
export class Overrun extends Error {
  override readonly name = 'Overrun';
}

/** What one execution may still spend. It is in steps and not in time, so that the same template ends the same way everywhere. */
export class Budget {
  private steps: number;
  private depth = 0;

  constructor(private readonly mostSteps = MOST_STEPS) {
    this.steps = mostSteps;
  }

  spend(steps = 1): void {
    this.steps -= steps;
    if (this.steps < 0) throw new Overrun(`more than ${this.mostSteps} steps: let the template loop less`);
  }

  /** Pays for reading so much text, for what only looks at it. */
  read(text: string): void {
    this.spend(text.length >> 4);
  }

  /** Pays for a string that was made. */
  made(text: string): string {
    this.room(text.length);
    this.read(text);
    return text;
  }

  /** Refuses a string before it is made. */
  room(units: number): void {
    if (units > MOST_UNITS)
      throw new Overrun(`a text of more than ${MOST_UNITS} characters: let the template write less`);
  }

  enter(): void {
    this.depth += 1;
    if (this.depth > MOST_DEPTH)
      throw new Overrun(`nested more than ${MOST_DEPTH} deep: let the template or its data nest less`);
    this.spend();
  }

  leave(): void {
    this.depth -= 1;
  }
}
