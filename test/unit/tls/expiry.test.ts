import { expect } from 'chai';
import { rootCertificates } from 'node:tls';
import { expiryFault, validityOfAll } from '../../../src/tls/expiry.js';

const DAY = 86_400_000;
const now = new Date('2026-12-01T00:00:00Z');
const after = (days: number) => new Date(now.getTime() + days * DAY);
const faultOf = (from: number, to: number) => {
  const validity = { notBefore: after(from), notAfter: after(to) };
  const fault = expiryFault('/etc/tls/cert.pem', validity, 'renew it', now);
  return fault && `${fault.code}: ${fault.message}`;
};

describe('what is told of a certificate', () => {
  it('is nothing while it holds for more than two weeks', () => {
    expect(faultOf(-300, 14.1)).to.equal(undefined);
  });

  it('is two weeks before when it ends, and what to do', () => {
    expect(faultOf(-300, 14)).to.equal(
      'CERTIFICATE_EXPIRES: /etc/tls/cert.pem ends on 2026-12-15T00:00:00.000Z: renew it before',
    );
  });

  it('is told of one that is renewed often once a fifth of its time is left', () => {
    expect(faultOf(-8, 2.1)).to.equal(undefined);
    expect(faultOf(-8, 2)).to.match(/^CERTIFICATE_EXPIRES: /);
  });

  it('is that it has ended, and what to do', () => {
    expect(faultOf(-300, 0)).to.equal(
      'CERTIFICATE_EXPIRED: /etc/tls/cert.pem has ended on 2026-12-01T00:00:00.000Z, and clients refuse it: renew it',
    );
  });

  it('is that it does not hold yet, and that the clock may be wrong', () => {
    expect(faultOf(1, 300)).to.equal(
      'CERTIFICATE_NOT_YET_VALID: /etc/tls/cert.pem holds only from 2026-12-02T00:00:00.000Z on: see that the clock of this server is right (timedatectl); if it is, renew it',
    );
  });
});

describe('a file of several certificates', () => {
  it('holds while all of them do', () => {
    const parts = rootCertificates.slice(0, 5);
    const each = parts.map((pem) => validityOfAll(pem));
    const all = validityOfAll(parts.join('\n'));
    expect(all.notAfter.getTime()).to.equal(Math.min(...each.map(({ notAfter }) => notAfter.getTime())));
    expect(all.notBefore.getTime()).to.equal(Math.max(...each.map(({ notBefore }) => notBefore.getTime())));
  });

  it('is none where it has none', () => {
    expect(() => validityOfAll('a key')).to.throw('it holds no certificate');
  });
});
