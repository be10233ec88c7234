import { expect } from 'chai';
import { NewToken, TokenMade, WhoAmI } from '../../../src/api/access.js';

const wanted: NewToken = { name: 'ada@desk', role: 'operator', expires: '2027-01-02T03:04:05Z' };

describe('api/access', () => {
  for (const { what, token, isFit } of [
    { what: 'a token with a date', token: wanted, isFit: true },
    { what: 'a token for ever', token: { name: 'ci', role: 'viewer' }, isFit: true },
    {
      what: 'a name that would be two words in the history',
      token: { ...wanted, name: 'ada l' },
      isFit: false,
    },
    { what: 'a name that begins as a flag does', token: { ...wanted, name: '-y' }, isFit: false },
    { what: 'a name of 65 letters', token: { ...wanted, name: 'a'.repeat(65) }, isFit: false },
    { what: 'no name', token: { ...wanted, name: '' }, isFit: false },
    { what: 'a role that there is not', token: { ...wanted, role: 'root' }, isFit: false },
    { what: 'a day without its hour', token: { ...wanted, expires: '2027-01-02' }, isFit: false },
    { what: 'a key that there is not', token: { ...wanted, secret: 'x' }, isFit: false },
  ]) {
    it(`${isFit ? 'takes' : 'refuses'} ${what}`, () => {
      expect(NewToken.safeParse(token).success).to.equal(isFit);
    });
  }

  it('has the token itself only in the answer that makes it', () => {
    const made: TokenMade = { ...wanted, id: 'k3', created: '2026-01-02T03:04:05Z', token: 'imago_k3_x' };
    expect(TokenMade.parse(made)).to.deep.equal(made);
    const asked: WhoAmI = { name: 'ada', role: 'admin', by: 'token' };
    expect(WhoAmI.parse({ ...asked, token: 'x' })).to.deep.equal(asked);
  });
});
