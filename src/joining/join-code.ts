import { createHmac } from 'node:crypto';

/** Without what is taken for something else on a console or by ear: 0 O Q, 1 I L, 2 Z, 5 S, 8 B. */
const LETTERS = 'ACDEFGHJKMNPRTUVWXY34679';
const SHORTEST = 4;
/** So many codes of a length are tried before a longer one. */
const TRIES = 8;

/**
 * The code of a machine that waits: of its name and the daemon's own key, so that it is the same after a restart, and nobody can choose
 * a serial for its code.
 * @param isTaken Whether another machine that waits has it.
 */
export function joinCode(key: Uint8Array, name: string, isTaken: (code: string) => boolean): string {
  for (let attempt = 0; ; attempt += 1) {
    const length = SHORTEST + Math.floor(attempt / TRIES);
    const digest = createHmac('sha512', key).update(`${attempt}\n${name}`).digest();
    const code = [...digest.subarray(0, length)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
    if (!isTaken(code)) return code;
  }
}

/** As somebody types it. */
export function asCode(word: string): string {
  return word.trim().toUpperCase();
}
