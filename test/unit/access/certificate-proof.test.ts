import { once } from 'node:events';
import { expect } from 'chai';
import { CertificateProof } from '../../../src/access/certificate-proof.js';
import { NotAuthenticated } from '../../../src/access/errors.js';
import type { ShownCertificate } from '../../../src/access/operator-proof.js';
import type { CertificateRule } from '../../../src/config/operators-section.js';

const now = new Date('2027-01-01T00:00:00Z');
const validTo = new Date('2027-06-01T00:00:00Z');
const rules: readonly CertificateRule[] = [
  { commonName: 'root-?', role: 'admin' },
  { commonName: 'ci-*', role: 'operator' },
  { commonName: '*@example.net', role: 'viewer' },
];

function shown(more: Partial<ShownCertificate>): ShownCertificate {
  return { commonName: 'ci-deploy', fingerprint: 'ab'.repeat(32), validTo, fault: undefined, ...more };
}

const proof = new CertificateProof(
  () => rules,
  () => now,
);

describe('a client certificate', () => {
  const good = [
    ['ci-deploy', 'operator'],
    ['CI-deploy', 'operator'],
    ['root-1', 'admin'],
    ['ada@example.net', 'viewer'],
    ['ci-ada@example.net', 'operator'],
  ] as const;
  for (const [commonName, role] of good)
    it(`of ${commonName} proves that, for ${role}: the first rule that fits`, () => {
      expect(proof.proven({ certificate: shown({ commonName }) })).to.deep.include({
        name: commonName,
        role,
        by: 'certificate',
        expires: validTo,
      });
    });

  const bad: readonly { name: string; certificate: Partial<ShownCertificate>; says: string }[] = [
    {
      name: 'no rule fits',
      certificate: { commonName: 'root-12' },
      says: "has a common name, 'root-12', that no rule of operators.certificates fits: ask an admin for a rule in operators.certificates.roles",
    },
    {
      name: 'has no common name',
      certificate: { commonName: undefined },
      says: 'has no common name, or several',
    },
    { name: 'has an empty one', certificate: { commonName: '' }, says: 'that no operator can have' },
    {
      name: 'has escape sequences',
      certificate: { commonName: 'ci-\u001b[2J' },
      says: "'ci-\ufffd[2J', that no operator can have",
    },
    { name: 'has a line break', certificate: { commonName: 'ci-a\nb' }, says: 'that no operator can have' },
    {
      name: 'has what ends the name in a commit',
      certificate: { commonName: 'ci-a <root@x>' },
      says: 'that no operator can have',
    },
    { name: 'has blanks around', certificate: { commonName: ' ci-a' }, says: 'that no operator can have' },
    {
      name: 'claims to be claimed',
      certificate: { commonName: 'claimed:a@example.net' },
      says: 'that no operator can have',
    },
    {
      name: 'calls itself as imago does',
      certificate: { commonName: 'imago' },
      says: 'that no operator can have',
    },
    {
      name: 'goes on and on',
      certificate: { commonName: `ci-${'a'.repeat(200)}` },
      says: 'that no operator can have',
    },
    {
      name: 'another CA signed',
      certificate: { fault: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
      says: 'is not of the CA',
    },
    { name: 'has expired', certificate: { fault: 'CERT_HAS_EXPIRED' }, says: 'has expired' },
    { name: 'expired while the connection was open', certificate: { validTo: now }, says: 'has expired' },
    { name: 'was revoked', certificate: { fault: 'CERT_REVOKED' }, says: 'was revoked' },
    { name: 'may be revoked', certificate: { fault: 'CRL_HAS_EXPIRED' }, says: 'is out of date' },
    { name: 'is a server’s', certificate: { fault: 'INVALID_PURPOSE' }, says: 'not for clients' },
    {
      name: 'is out of order otherwise',
      certificate: { fault: 'CERT_CHAIN_TOO_LONG' },
      says: 'is not in order (CERT_CHAIN_TOO_LONG)',
    },
  ];
  for (const { name, certificate, says } of bad)
    it(`that ${name} proves nothing, and says why`, () => {
      expect(() => proof.proven({ certificate: shown(certificate) }))
        .to.throw(NotAuthenticated, says)
        .with.property('why', 'wrong-certificate');
    });

  it('has what is watched by it ended when the rules become others, and with its time', async () => {
    let current = rules;
    const changing = new CertificateProof(
      () => current,
      () => now,
    );
    const overOf = (more: Partial<ShownCertificate> = {}) =>
      changing.proven({ certificate: shown(more) })?.over?.() ?? AbortSignal.abort();
    const watched = overOf();
    current = [...rules];
    changing.follow();
    expect(watched.aborted).to.equal(false);
    current = rules.slice(1);
    changing.follow();
    expect([watched.aborted, overOf().aborted]).to.deep.equal([true, false]);
    const short = overOf({ validTo: new Date(now.getTime() + 1) });
    await once(short, 'abort');
  });

  it('is as good as none where none is asked for, or none shown', () => {
    expect(proof.proven({ certificate: undefined })).to.equal(undefined);
    const off = new CertificateProof(
      () => undefined,
      () => now,
    );
    expect(off.proven({ certificate: shown({}) })).to.equal(undefined);
  });
});
