import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import { escapers } from '../../src/template/filters.js';

const shellText = fc
  .oneof(fc.string({ unit: 'grapheme' }), fc.stringMatching(/^['"\\$`{}()|&;<>*?~#%!\n\t a-c]*$/))
  .filter((text) => !text.includes('\0'));

describe('the shell filter of templates', function () {
  this.timeout(60_000);

  for (const [command, ...args] of [['dash'], ['busybox', 'sh']] as const) {
    it(`makes one word to ${command}, and the same text`, () => {
      fc.assert(
        fc.property(fc.array(shellText, { minLength: 1, maxLength: 40 }), (texts) => {
          const words = texts.map(escapers.shell).join(' ');
          const output = execFileSync(command, [...args, '-c', `printf '%s\\0' ${words}`], {
            encoding: 'utf8',
          });
          expect(output.split('\0').slice(0, -1)).to.deep.equal(texts);
        }),
        { numRuns: 40 },
      );
    });
  }
});
