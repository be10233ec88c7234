import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { withFieldNames } from '../../../tools/docs/list-reference.js';

describe('cli/list-reference', () => {
  it('is what docs/imagoctl.md says: npm run docs writes it', () => {
    const page = readFileSync('docs/imagoctl.md', 'utf8');
    expect(withFieldNames(page)).to.equal(page);
    expect(page).to.match(/`docker [a-z0-9 ]+ stuck [a-z ]*`/);
  });
});
