import { expect } from 'chai';
import { TextSigner } from '../../../src/net/signed-text.js';

const key = Buffer.alloc(32, 7);
const signer = new TextSigner(key, 'boot');
const text = 'b1 kernel 52:54:00:00:00:01';
const token = signer.sign(text);
const [body = '', tag = ''] = token.split('.');

describe('a text in a URL that nobody else makes', () => {
  it('is read back, and fits a path and a command line', () => {
    expect(signer.read(token)).to.equal(text);
    expect(token).to.match(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{22}$/);
    expect(signer.read(signer.sign('ä “x” \0'))).to.equal('ä “x” \0');
  });

  const other = Buffer.from('b1 initrd0 52:54:00:00:00:01').toString('base64url');
  for (const { what, forged } of [
    { what: 'another text under the same tag', forged: `${other}.${tag}` },
    { what: 'no tag', forged: body },
    { what: 'an empty tag', forged: `${body}.` },
    { what: 'a shorter tag', forged: `${body}.${tag.slice(0, -4)}` },
    { what: 'more after the tag', forged: `${token}.x` },
    { what: 'the same bytes, written otherwise', forged: `${body}=.${tag}` },
    { what: 'nothing', forged: '' },
    { what: 'another key', forged: new TextSigner(Buffer.alloc(32, 8), 'boot').sign(text) },
    { what: 'another purpose', forged: new TextSigner(key, 'other').sign(text) },
  ]) {
    it(`is not believed with ${what}`, () => {
      expect(signer.read(forged)).to.equal(undefined);
    });
  }
});
