import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { Flags } from '@oclif/core';
import { ImagoError } from '../errors.js';
import type { ApiHost } from '../api/schemas.js';

export const confirmationFlags = {
  yes: Flags.boolean({ char: 'y', summary: 'Do not ask before something is lost.' }),
  'dry-run': Flags.boolean({ summary: 'Only say what would be done.' }),
};

export class NotConfirmed extends ImagoError {
  readonly code = 'NOT_CONFIRMED';

  constructor() {
    super('nothing was changed: it was not confirmed; --yes confirms beforehand');
  }
}

/** There is somebody to ask. A script is not asked: it was written on purpose. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** More machines than a typing error should wipe. */
const MANY = 10;

/**
 * @param wiped How many machines lose their disk: of many the number is asked for, which nobody types without having read it.
 * @throws NotConfirmed unless the answer is yes, or the number.
 */
export async function confirm(question: string, wiped = 0): Promise<void> {
  const isMany = wiped > MANY;
  const asked = isMany ? `Type ${wiped} to go on: ` : 'Go on? [y/N] ';
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // Whoever ends the input, or interrupts, does not confirm.
    const ended = once(terminal, 'close').then(() => '');
    const answer = (await Promise.race([terminal.question(`${question} ${asked}`), ended])).trim();
    if (isMany ? answer !== String(wiped) : !/^y(es)?$/i.test(answer)) throw new NotConfirmed();
  } finally {
    terminal.close();
  }
}

/** What a dry run adds of a machine that would refuse it. */
export function lockNote({ lock }: Pick<ApiHost, 'lock'>): string {
  return lock === undefined ? '' : `; refused: it is locked by ${lock.by}: ${lock.reason}`;
}
