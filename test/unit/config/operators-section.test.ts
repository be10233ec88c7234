import { expect } from 'chai';
import { parseConfig } from '../../../src/config/parse-config.js';
import { houseConfig } from '../../support/http-house.js';

/** What stands under `operators`, and what is said of it; nothing where it is right. */
const cases: readonly { name: string; operators: string; admin?: string; says?: RegExp }[] = [
  {
    name: 'certificates by rules',
    operators: `
  certificates:
    ca: /etc/imago/operators.pem
    roles: [{ commonName: 'admin-?', role: admin }, { commonName: '*', role: viewer }]`,
  },
  {
    name: 'a provider on this server without TLS',
    operators: `
  oidc: { issuer: 'http://127.0.0.1:5556/dex', clientId: imago, roles: [{ claim: groups, value: a, role: admin }] }`,
  },
  {
    name: 'certificates without rules',
    operators: `
  certificates: { ca: a.pem, roles: [] }`,
    says: /operators\.certificates\.roles.*/,
  },
  {
    name: 'a role that there is not',
    operators: `
  certificates: { ca: a.pem, roles: [{ commonName: x, role: root }] }`,
    says: /operators\.certificates\.roles\[0\]\.role: 'root' .*admin/,
  },
  {
    name: 'a rule behind one that fits all',
    operators: `
  certificates: { ca: a.pem, roles: [{ commonName: '*', role: viewer }, { commonName: ada, role: admin }] }`,
    says: /operators\.certificates\.roles\[1\].*never comes to its turn, since rule 1 fits all that it fits/,
  },
  {
    name: 'a rule twice',
    operators: `
  oidc: { issuer: 'https://id', clientId: imago, roles: [{ claim: g, value: a, role: admin }, { claim: g, value: a, role: viewer }] }`,
    says: /operators\.oidc\.roles\[1\].*never comes to its turn, since rule 1/,
  },
  {
    name: 'patterns of which neither hides the other',
    operators: `
  certificates: { ca: a.pem, roles: [{ commonName: 'a?c', role: viewer }, { commonName: 'a*c', role: admin }, { commonName: 'a*', role: auditor }] }`,
  },
  {
    name: 'a provider elsewhere without TLS',
    operators: `
  oidc: { issuer: 'http://id.example.net', clientId: imago, roles: [{ claim: g, value: a, role: admin }] }`,
    says: /operators\.oidc\.issuer: 'http:\/\/id\.example\.net' is no issuer: .*https/,
  },
  {
    name: 'an issuer with a query',
    operators: `
  oidc: { issuer: 'https://id.example.net/?a', clientId: imago, roles: [{ claim: g, value: a, role: admin }] }`,
    says: /is no issuer/,
  },
  {
    name: 'scopes without openid',
    operators: `
  oidc: { issuer: 'https://id', clientId: imago, scopes: [profile], roles: [{ claim: g, value: a, role: admin }] }`,
    says: /operators\.oidc\.scopes.*has to have openid among it/,
  },
  {
    name: 'a secret in the configuration',
    operators: `
  oidc: { issuer: 'https://id', clientId: imago, clientSecret: abc, roles: [{ claim: g, value: a, role: admin }] }`,
    says: /operators\.oidc\.clientSecret.*is no place of a secret/,
  },
  {
    name: 'a common name with escape sequences',
    operators: `
  certificates: { ca: a.pem, roles: [{ commonName: "a\\e[31m", role: viewer }] }`,
    says: /operators\.certificates\.roles\[0\]\.commonName.*is not one line/,
  },
  {
    name: 'both where whoever reaches the port commands',
    admin: 'listeners: { admin: { trusted: true } }',
    operators: `
  certificates: { ca: a.pem, roles: [{ commonName: '*', role: viewer }] }
  oidc: { issuer: 'https://id', clientId: imago, roles: [{ claim: g, value: a, role: admin }] }`,
    says: /operators\.certificates: is of no use with listeners\.admin\.trusted[^]*operators\.oidc: is of no use with listeners\.admin\.trusted/,
  },
  { name: 'a session of no time', operators: `\n  sessionHours: 0`, says: /operators\.sessionHours/ },
];

describe('what operators prove who they are by', () => {
  for (const { name, operators, admin = '', says } of cases)
    it(`${says ? 'is not' : 'can be'} ${name}`, () => {
      const text = `${houseConfig}\n${admin}\noperators:${operators}\n`;
      if (says) expect(() => parseConfig(text, 'f')).to.throw(says);
      else expect(parseConfig(text, 'f').operators.sessionHours).to.equal(12);
    });

  it('needs nothing: tokens do without', () => {
    expect(parseConfig(houseConfig, 'f').operators).to.deep.equal({ sessionHours: 12 });
  });
});
