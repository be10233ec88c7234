import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { chooseTrust } from '../../../src/cli/choose-trust.js';
import { CertificateAuthority } from '../../support/certificates.js';

const BASE = 'https://rack1:4443';

describe('cli/choose-trust', () => {
  let authority: CertificateAuthority;
  let own: X509Certificate;
  let ca: X509Certificate;

  before(() => {
    authority = CertificateAuthority.create();
    own = new X509Certificate(readFileSync(authority.server().certificate));
    ca = new X509Certificate(readFileSync(authority.certificate));
  });
  after(() => authority.remove());

  const pinOfCa = () => ({ fingerprint: ca.fingerprint256, authority: ca.toString() });

  it('proposes the CA that a server shows: it outlives the server’s own certificate', () => {
    const choice = chooseTrust({ certificates: [own, ca], isVouchedFor: false }, { baseUrl: BASE });
    expect(choice).to.deep.include({ kind: 'to be asked', trust: pinOfCa(), certificate: ca });
  });

  it('proposes the own certificate of a server that shows no CA', () => {
    const choice = chooseTrust({ certificates: [own], isVouchedFor: false }, { baseUrl: BASE });
    expect(choice).to.deep.include({ kind: 'to be asked', trust: { fingerprint: own.fingerprint256 } });
  });

  it('pins nothing of a server that the CAs of this computer vouch for', () => {
    const choice = chooseTrust({ certificates: [own, ca], isVouchedFor: true }, { baseUrl: BASE });
    expect(choice).to.deep.equal({ kind: 'vouched for' });
  });

  it('pins what it was told, of the server or of its CA, also where others vouch for it', () => {
    for (const { certificate, trust } of [
      { certificate: own, trust: { fingerprint: own.fingerprint256 } },
      { certificate: ca, trust: pinOfCa() },
    ]) {
      const told = { baseUrl: BASE, fingerprint: certificate.fingerprint256 };
      for (const isVouchedFor of [true, false]) {
        const choice = chooseTrust({ certificates: [own, ca], isVouchedFor }, told);
        expect(choice).to.deep.equal({ kind: 'told', trust });
      }
    }
  });

  it('keeps the CAs of a file, where they vouch for it', () => {
    const told = { baseUrl: BASE, authorities: 'PEM' };
    expect(chooseTrust({ certificates: [own], isVouchedFor: true }, told)).to.deep.equal({
      kind: 'told',
      trust: { authorities: 'PEM' },
    });
    expect(() => chooseTrust({ certificates: [own], isVouchedFor: false }, told)).to.throw(
      'no CA of the file has made it for that name',
    );
  });

  it('refuses another certificate than it was told, and a server that shows none', () => {
    const told = { baseUrl: BASE, fingerprint: own.fingerprint256 };
    expect(() => chooseTrust({ certificates: [ca], isVouchedFor: true }, told)).to.throw('was pinned');
    expect(() => chooseTrust({ certificates: [], isVouchedFor: true }, { baseUrl: BASE })).to.throw(
      'it shows none',
    );
  });
});
