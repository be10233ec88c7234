import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { limitsReference } from '../../../tools/docs/limits-reference.js';

describe('the page of limits', () => {
  it('is the page in docs: `npm run docs` writes it', () => {
    expect(readFileSync('docs/limits.md', 'utf8')).to.equal(limitsReference());
  });
});
