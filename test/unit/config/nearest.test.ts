import { expect } from 'chai';
import fc from 'fast-check';
import { nearest } from '../../../src/config/nearest.js';

const modes = ['server', 'proxy', 'off'];

describe('the word that was meant', () => {
  for (const { word, of = modes, want } of [
    { word: 'srver', want: 'server' },
    { word: 'SERVER', want: 'server' },
    { word: 'sevrer', want: 'server' },
    { word: 'serv', want: 'server' },
    { word: 'proxydhcp', want: 'proxy' },
    { word: 'of', want: 'off' },
    { word: 'on', want: undefined },
    { word: 'installer', want: undefined },
    { word: '', want: undefined },
    { word: 'x'.repeat(1000), want: undefined },
    { word: 'warning', of: ['warn', 'error'], want: 'warn' },
    { word: 'a', of: ['b'], want: undefined },
    { word: 'a', of: [], want: undefined },
  ]) {
    it(`${JSON.stringify(word.slice(0, 12))} of ${of.join(', ')}: ${want ?? 'none'}`, () =>
      expect(nearest(word, of)).to.equal(want));
  }

  it('is found with one letter wrong', () => {
    fc.assert(
      fc.property(fc.constantFrom('bootstrapRange', 'serverAddress', 'hostRange'), fc.nat(30), (word, at) => {
        const place = at % word.length;
        const typo = `${word.slice(0, place)}_${word.slice(place + 1)}`;
        return nearest(typo, ['bootstrapRange', 'serverAddress', 'hostRange', 'dns']) === word;
      }),
    );
  });
});
