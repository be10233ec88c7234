import { expect } from 'chai';
import { parseFingerprint, showFingerprint } from '../../../src/api/fingerprint.js';

const HEX = 'a3'.repeat(31) + '0f';
const FINGERPRINT = `${'A3:'.repeat(31)}0F`;

describe('api/fingerprint', () => {
  for (const text of [
    FINGERPRINT,
    HEX,
    HEX.toUpperCase(),
    `SHA256:${FINGERPRINT}`,
    `sha256:${HEX}`,
    `sha256 Fingerprint=${FINGERPRINT}`,
    ` ${FINGERPRINT}\n`,
  ]) {
    it(`reads ${JSON.stringify(text)}`, () => expect(parseFingerprint(text)).to.equal(FINGERPRINT));
  }

  for (const text of [
    '',
    'SHA256:',
    HEX.slice(2),
    `${HEX}00`,
    `SHA1:${HEX}`,
    HEX.replace('a', 'g'),
    ':'.repeat(64),
  ]) {
    it(`does not take ${JSON.stringify(text)} for one`, () =>
      expect(parseFingerprint(text)).to.equal(undefined));
  }

  it('is shown as it can be read again', () => {
    expect(parseFingerprint(showFingerprint(FINGERPRINT))).to.equal(FINGERPRINT);
  });
});
