import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { configReference } from '../../../tools/docs/config-reference.js';

describe('the reference of the configuration', () => {
  it('is the page in docs: `npm run docs` writes it', () => {
    expect(readFileSync('docs/configuration.md', 'utf8')).to.equal(configReference());
  });

  for (const setting of [
    'network.bootstrapRange.leaseSeconds',
    'profiles[].install.disk.choose',
    'hosts[].serial',
    'listeners.tftp.port',
  ]) {
    it(`has a row for ${setting}`, () => expect(configReference()).to.include(`| \`${setting}\` |`));
  }
});
