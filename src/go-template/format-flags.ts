import type { Budget } from './bounds.js';
import { runeCount } from './go-string.js';

/** What stands between `%` and the verb. */
export interface Flags {
  plus: boolean;
  minus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  /** `%#v`: as Go would write it in a program. */
  asSource: boolean;
  width: number | undefined;
  precision: number | undefined;
}

export const noFlags = (): Flags => ({
  plus: false,
  minus: false,
  sharp: false,
  space: false,
  zero: false,
  asSource: false,
  width: undefined,
  precision: undefined,
});

/** The text in its width, at the side that the flags say. */
export function pad(text: string, flags: Flags, budget: Budget, zero = flags.zero): string {
  if (!flags.width) return text;
  budget.room(flags.width);
  const missing = flags.width - runeCount(text);
  if (missing <= 0) return text;
  if (flags.minus) return text + ' '.repeat(missing);
  return (zero ? '0' : ' ').repeat(missing) + text;
}
