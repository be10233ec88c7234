import { expect } from 'chai';
import { JoinedRefusals, type Refusal } from '../../../src/access/refusals.js';

const START = Date.UTC(2026, 10, 29, 10);
const at = (seconds: number) => new Date(START + seconds * 1000);
const refusal: Refusal = {
  reason: 'wrong-token',
  address: '10.75.0.9',
  method: 'GET',
  path: '/api/v1/hosts/a?secret=1',
  route: '/api/v1/hosts/:serial',
};

describe('refusals that are joined', () => {
  it('are one entry within ten minutes: written at once, and with its count at the end', () => {
    const joined = new JoinedRefusals();
    joined.note(refusal, at(0));
    const first = {
      time: at(0).toISOString(),
      count: 1,
      reason: 'wrong-token',
      address: '10.75.0.9',
      method: 'GET',
      path: '/api/v1/hosts/a',
    };
    expect(joined.take(at(1))).to.deep.equal([first]);
    joined.note({ ...refusal, path: '/api/v1/hosts/b' }, at(2));
    joined.note(refusal, at(599));
    expect(joined.take(at(599)), 'nothing new is to be told').to.deep.equal([]);
    expect(joined.take(at(600))).to.deep.equal([{ ...first, count: 3, until: at(599).toISOString() }]);
    expect(joined.size).to.equal(0);
  });

  it('are written with their count when imago stops', () => {
    const joined = new JoinedRefusals();
    joined.note(refusal, at(0));
    joined.take(at(1));
    joined.note(refusal, at(2));
    expect(joined.take(at(3), true)).to.have.nested.property('[0].count', 2);
  });

  it('lose no count where one ends and the next begins before anything is written', () => {
    const joined = new JoinedRefusals();
    for (const seconds of [0, 1, 600, 601]) joined.note(refusal, at(seconds));
    const written = joined.take(at(601), true);
    expect(written.map(({ time, count }) => [time, count])).to.deep.equal([
      [at(0).toISOString(), 2],
      [at(600).toISOString(), 2],
    ]);
  });

  for (const { name, other } of [
    { name: 'of another address', other: { address: '10.75.0.10' } },
    { name: 'for another reason', other: { reason: 'role' } },
    { name: 'of somebody else', other: { who: 'ada' } },
    { name: 'of another method', other: { method: 'PUT' } },
    { name: 'of another call', other: { route: '/api/v1/hosts' } },
  ] as const) {
    it(`are apart ${name}`, () => {
      const joined = new JoinedRefusals();
      joined.note(refusal, at(0));
      expect(joined.note({ ...refusal, ...other }, at(0))).to.include({ count: 1 });
    });
  }

  for (const { name, path, shown } of [
    { name: 'its query', path: '/api/v1/hosts?token=imago_x', shown: '/api/v1/hosts' },
    { name: 'the token of a machine', path: `/m/${'a'.repeat(32)}/ipxe`, shown: '/m/…/ipxe' },
    {
      name: 'what a terminal would act upon',
      path: '/a\u001b[2J\r\n',
      shown: '/a\u{fffd}[2J\u{fffd}\u{fffd}',
    },
    {
      name: 'what is longer than 200 characters',
      path: `/${'a'.repeat(300)}`,
      shown: `/${'a'.repeat(198)}…`,
    },
  ]) {
    it(`show a path without ${name}`, () => {
      expect(new JoinedRefusals().note({ ...refusal, path }, at(0))?.path).to.equal(shown);
    });
  }

  it('are 32 of one address: what it brings beyond that is joined by its reason, and leaves others their places', () => {
    const joined = new JoinedRefusals();
    for (let count = 0; count < 10_000; count += 1) joined.note({ ...refusal, route: `/${count}` }, at(0));
    expect(joined.size).to.equal(33);
    const last = joined.take(at(600)).at(-1);
    expect(last).to.deep.include({ count: 9968, address: '10.75.0.9', what: 'of several calls' });
    expect(last).not.to.have.any.keys('path', 'method');
    expect(joined.note({ ...refusal, address: '10.75.0.10' }, at(0))).to.include({ path: '/api/v1/hosts/a' });
  });

  it('are 2,000 in all, and one for each reason beyond that: a flood of 200,000 addresses loses no count', () => {
    const joined = new JoinedRefusals();
    for (let count = 0; count < 200_000; count += 1) joined.note({ ...refusal, address: `a${count}` }, at(0));
    expect(joined.size).to.equal(2001);
    const entries = joined.take(at(600));
    expect(entries.at(-1)).to.deep.include({ count: 198_000, what: 'of several addresses' });
    expect(entries.reduce((sum, { count }) => sum + count, 0)).to.equal(200_000);
    expect(joined.size).to.equal(0);
  });
});
