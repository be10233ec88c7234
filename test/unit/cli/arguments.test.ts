import type { Command } from '@oclif/core';
import { expect } from 'chai';
import { readdirSync } from 'node:fs';

const folder = new URL('../../../src/cli/commands/', import.meta.url);

/** A word left out is left out, also in a pipe or a loop: the library reads it from standard input where it is not told. */
describe('the words of a command', () => {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.js'))) {
    it(`are never standard input: ${name.slice(0, -3)}`, async () => {
      const loaded = (await import(new URL(name, folder).href)) as { default: typeof Command };
      for (const argument of Object.values(loaded.default.args)) expect(argument.ignoreStdin).to.equal(true);
    });
  }
});
