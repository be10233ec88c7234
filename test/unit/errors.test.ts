import { expect } from 'chai';
import fc from 'fast-check';
import { cleanText, InvalidValue, showValue } from '../../src/errors.js';

describe('text from outside, shown', () => {
  for (const { name, text, shown } of [
    { name: 'plain', text: 'node-1', shown: "'node-1'" },
    { name: 'with a forged log line', text: 'a\nb', shown: "'a\u{fffd}b'" },
    { name: 'with a terminal escape', text: '\u001b[31m', shown: "'\u{fffd}[31m'" },
    { name: 'with a reversal of direction', text: 'a\u202eb', shown: "'a\u{fffd}b'" },
    {
      name: 'too long, cut between characters',
      text: `a${'😀'.repeat(60)}`,
      shown: `'a${'😀'.repeat(38)}…'`,
    },
    { name: 'too long', text: 'x'.repeat(100), shown: `'${'x'.repeat(77)}…'` },
  ]) {
    it(name, () => expect(showValue(text)).to.equal(shown));
  }

  it('shows any value on one printable line of bounded length', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: false }), (value) => {
        const shown = showValue(value);
        expect(shown.length).to.be.at.most(82);
        expect(shown).to.equal(cleanText(shown));
      }),
    );
  });

  it('shows what cannot be written out by what it is', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect([deep, { deep }, cycle, 7n, [7n]].map(showValue)).to.deep.equal([
      "'[…]'",
      "'{…}'",
      "'{…}'",
      "'7'",
      "'[…]'",
    ]);
  });

  it('says nothing for nothing', () => expect(showValue(undefined)).to.equal('nothing'));

  it('names its field where that is not clear', () => {
    const error = new InvalidValue('a MAC address', 'zz', 'write six pairs of hex digits').inField('mac');
    expect(error.message).to.equal("mac: 'zz' is not a MAC address: write six pairs of hex digits");
    expect(error.facts).to.deep.equal({ what: 'a MAC address', value: "'zz'", field: 'mac' });
  });

  it('is part of an error that names what is wrong and the remedy', () => {
    const error = new InvalidValue('a MAC address', 'zz', 'write six pairs of hex digits');
    expect(error).to.include({
      name: 'InvalidValue',
      code: 'INVALID_VALUE',
      message: "'zz' is not a MAC address: write six pairs of hex digits",
    });
  });
});
