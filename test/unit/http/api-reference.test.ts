import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { endpoints } from '../../../src/api/endpoints.js';
import { apiReference } from '../../../tools/docs/api-reference.js';

describe('the reference of the API', () => {
  it('is the page in docs: `npm run docs` writes it', () => {
    expect(readFileSync('docs/api.md', 'utf8')).to.equal(apiReference());
  });

  it('has a heading for every call', () => {
    const reference = apiReference();
    for (const { method, path } of Object.values(endpoints)) {
      expect(reference).to.include(`### \`${method} ${path.replace(/:(\w+)/g, '{$1}')}\``);
    }
  });
});
