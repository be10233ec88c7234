import { createHash } from 'node:crypto';
import { expect } from 'chai';
import {
  digestOf,
  isSecretOf,
  newSecret,
  newTokenId,
  overBy,
  shownToken,
  tokenText,
  type OperatorToken,
} from '../../../src/access/operator-token.js';

const id = '0123456789ab';
const secret = 'f'.repeat(40);
const token: OperatorToken = {
  id,
  name: 'ada',
  role: 'operator',
  sha256: createHash('sha256').update(secret).digest('hex'),
  created: '2026-11-29T10:00:00.000Z',
  createdBy: 'root',
};

describe('a token of an operator', () => {
  it('is imago_<id>_<secret>, of 160 random bits beside the id', () => {
    expect(tokenText({ id: newTokenId(), secret: newSecret() })).to.match(
      /^imago_[0-9a-f]{12}_[0-9a-f]{40}$/,
    );
    expect(new Set(Array.from({ length: 100 }, newSecret)).size).to.equal(100);
  });

  for (const { name, authorization, want } of [
    { name: 'a token', authorization: `Bearer imago_${id}_${secret}`, want: { id, secret } },
    { name: 'the scheme in any case', authorization: `bEARER  imago_${id}_${secret}`, want: { id, secret } },
    { name: 'no header', authorization: undefined, want: undefined },
    { name: 'an empty header', authorization: '', want: undefined },
    { name: 'another scheme', authorization: 'Basic cm9vdDpyb290', want: undefined },
    { name: 'a token of another program', authorization: 'Bearer ghp_abc', want: null },
    {
      name: 'a secret that is too short',
      authorization: `Bearer imago_${id}_${secret.slice(1)}`,
      want: null,
    },
    { name: 'a secret that is too long', authorization: `Bearer imago_${id}_${secret}0`, want: null },
    { name: 'upper case', authorization: `Bearer imago_${id}_${secret.toUpperCase()}`, want: null },
    {
      name: 'two tokens',
      authorization: `Bearer imago_${id}_${secret} imago_${id}_${secret}`,
      want: null,
    },
    { name: 'nothing behind the scheme', authorization: 'Bearer ', want: null },
  ]) {
    it(`is read of Authorization: ${name}`, () => expect(shownToken(authorization)).to.deep.equal(want));
  }

  it('is proven by its secret alone', () => {
    expect(digestOf(secret)).to.equal(token.sha256);
    expect(isSecretOf(token, secret)).to.equal(true);
    expect(isSecretOf(token, `0${secret.slice(1)}`)).to.equal(false);
    expect(isSecretOf(token, '')).to.equal(false);
    expect(isSecretOf(undefined, secret)).to.equal(false);
  });

  for (const { name, facts, now, want } of [
    { name: 'holds without an end', facts: {}, now: '2099-01-01T00:00:00Z', want: undefined },
    {
      name: 'holds before it expires',
      facts: { expires: '2026-11-30T00:00:00Z' },
      now: '2026-11-29T23:59:59.999Z',
      want: undefined,
    },
    {
      name: 'is over when it expires',
      facts: { expires: '2026-11-30T00:00:00Z' },
      now: '2026-11-30T00:00:00Z',
      want: 'expired',
    },
    {
      name: 'is revoked, also when it has expired',
      facts: { expires: '2026-11-30T00:00:00Z', revoked: { time: '2026-11-29T00:00:00Z', by: 'root' } },
      now: '2026-12-30T00:00:00Z',
      want: 'revoked',
    },
  ]) {
    it(name, () => expect(overBy({ ...token, ...facts }, new Date(now))).to.equal(want));
  }
});
