import { expect } from 'chai';
import { isDue, validityOf, validityOfCa, validityOfServer } from '../../../src/tls/validity.js';

const DAY = 86_400_000;
const now = new Date('2026-12-01T00:00:00Z');
const after = (days: number) => new Date(now.getTime() + days * DAY);
const between = (from: number, to: number) => ({ notBefore: after(from), notAfter: after(to) });

describe('the time in which certificates hold', () => {
  it('begins twelve hours ago: clocks of machines are wrong', () => {
    expect(validityOfCa(now).notBefore).to.deep.equal(after(-0.5));
    expect(validityOfServer(now, between(-1, 3000)).notBefore).to.deep.equal(after(-0.5));
  });

  it('of a CA is ten years', () => {
    expect(validityOfCa(now).notAfter).to.deep.equal(new Date('2036-12-01T00:00:00Z'));
  });

  it('of a CA is ten years from when clocks are right, where this one has not been set yet', () => {
    expect(validityOfCa(new Date(0)).notAfter).to.deep.equal(new Date('2036-01-02T00:00:00Z'));
  });

  it('of a server is 397 days', () => {
    expect(validityOfServer(now, between(-1, 3000)).notAfter).to.deep.equal(after(397));
  });

  it('of a server ends with its CA', () => {
    expect(validityOfServer(now, between(-3000, 100)).notAfter).to.deep.equal(after(100));
  });

  it('is read out of a certificate as Node tells it', () => {
    expect(
      validityOf({ validFrom: 'Nov 30 00:00:00 2026 GMT', validTo: 'Dec  9 00:00:00 2026 GMT' }),
    ).to.deep.equal(between(-1, 8));
  });
});

describe('a certificate is made again', () => {
  const next = between(-0.5, 397);
  for (const { name, held, want, instead = next } of [
    { name: 'not where it is new', held: between(-0.5, 397), want: false },
    { name: 'not where more than a third is left', held: between(-200, 101), want: false },
    { name: 'where a third is left', held: between(-200, 100), want: true },
    { name: 'where it has ended', held: between(-400, -1), want: true },
    { name: 'where it does not hold yet, since the clock went back', held: between(1, 398), want: true },
    {
      name: 'not where the next would end with it, as its CA does',
      held: between(-300, 50),
      instead: between(-0.5, 50),
      want: false,
    },
    { name: 'not where both have ended', held: between(-300, -1), instead: between(-0.5, -1), want: false },
  ]) {
    it(name, () => {
      expect(isDue(held, instead, now)).to.equal(want);
    });
  }
});
