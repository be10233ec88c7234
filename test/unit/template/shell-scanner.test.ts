import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import { escapers } from '../../../src/template/filters.js';
import { Misplaced } from '../../../src/template/scanner.js';
import { shellScanner } from '../../../src/template/shell-scanner.js';

const SLOT = '<slot>';
const words = [
  '"',
  "'",
  '`',
  '$(',
  ')',
  '$((',
  '))',
  '${x:-',
  '}',
  '\\',
  '$',
  '#',
  ' ',
  '\n',
  'a',
  'x=',
  '{ ',
  ' }',
];
const phrases = [
  'case x in ',
  ' x)',
  'esac',
  ';;',
  ';',
  '(',
  '|',
  '&&',
  '<<E\n',
  '\nE\n',
  "<<'E'\n",
  "$'",
  '<<<',
  '$#',
];
const pieces = fc.constantFrom(...words.concat(phrases, 'if true; then ', ' fi\n', SLOT, SLOT, SLOT));

function isAccepted(script: readonly string[]): boolean {
  try {
    const end = script.reduce(
      (state, piece) =>
        piece === SLOT ? shellScanner.slot(state, 'shell') : shellScanner.text(state, piece),
      shellScanner.start,
    );
    shellScanner.end(end);
    return true;
  } catch (error) {
    if (error instanceof Misplaced) return false;
    throw error;
  }
}

const reads = (shell: readonly string[], script: readonly string[], value: string) => {
  const text = script.map((piece) => (piece === SLOT ? escapers.shell(value) : piece)).join('');
  return spawnSync(shell[0] ?? '', [...shell.slice(1), '-n', '-c', text], { stdio: 'ignore' }).status === 0;
};

describe('where the shell filter may write', function () {
  this.timeout(120_000);

  for (const shell of [['dash'], ['bash', '--posix']]) {
    it(`is nowhere that a value could be code to ${shell[0]}: a script that it can read stays one, whatever the value`, () => {
      const scripts = fc
        .array(pieces, { minLength: 2, maxLength: 12 })
        .filter((script) => script.includes(SLOT) && isAccepted(script));
      const values = fc.constantFrom(
        '"',
        "'",
        '`',
        ')',
        '}',
        '$(',
        '\nE\n(',
        '(',
        "'(",
        '"(',
        '`(',
        '}("',
        '))("',
      );
      fc.assert(
        fc.property(scripts, values, (script, value) => {
          if (reads(shell, script, 'x')) expect(reads(shell, script, value), script.join('')).to.equal(true);
        }),
        { numRuns: 150 },
      );
    });
  }
});
