import { expect } from 'chai';
import { endOf } from '../../../src/cli/times.js';

const NOW = Date.parse('2026-11-29T12:00:00Z');

describe('cli/times: when a token ends', () => {
  for (const { text, want } of [
    { text: '90d', want: '2027-02-27T12:00:00.000Z' },
    { text: '12h', want: '2026-11-30T00:00:00.000Z' },
    { text: '2027-01-31', want: '2027-01-31T00:00:00.000Z' },
    { text: '2027-01-31T08:00+01:00', want: '2027-01-31T07:00:00.000Z' },
    { text: 'never', want: undefined },
  ]) {
    it(`${text}: ${want ?? 'it does not'}`, () => {
      expect(endOf(text, NOW)?.toISOString()).to.equal(want);
    });
  }

  for (const { text, says } of [
    { text: '', says: 'is no end: write it as in 90d, 12h, 2027-01-31 or never' },
    { text: '90', says: 'is no end' },
    { text: '1', says: 'is no end' },
    { text: '3w', says: 'is no end' },
    { text: '2027', says: 'is no end' },
    { text: '2027-02-31x', says: 'is no end' },
    { text: 'Never', says: 'is no end' },
    { text: '-1d', says: 'is no end' },
    { text: '0d', says: 'is over already: write a later end' },
    { text: '2026-11-29', says: 'is over already' },
  ]) {
    it(`refuses '${text}'`, () => expect(() => endOf(text, NOW)).to.throw(`'${text}' ${says}`));
  }
});
