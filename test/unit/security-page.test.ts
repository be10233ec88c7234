import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { withAttacks } from '../../tools/docs/attacks-reference.js';

describe('the page of the security model', () => {
  const page = readFileSync('docs/security.md', 'utf8');

  it('has the table of attacks that the tests try: `npm run docs` writes it', () => {
    expect(page).to.equal(withAttacks(page));
  });
});
