import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { fields } from '../attack/fields.js';
import { payloads } from '../attack/payloads.js';
import { withAttacks } from '../../tools/docs/attacks-reference.js';

describe('the page of the security model', () => {
  const page = readFileSync('docs/security.md', 'utf8');

  it('has the table of attacks that the tests try: `npm run docs` writes it', () => {
    expect(page).to.equal(withAttacks(page));
  });

  it('says how much is sent through which fields', () => {
    const [texts, places] = [Object.keys(payloads).length, Object.keys(fields).length];
    expect(page).to.include(`${texts} texts`).and.to.include(`${places} fields`);
  });
});
