import { expect } from 'chai';
import { Authenticator } from '../../../src/access/authenticate.js';
import { NotAuthenticated } from '../../../src/access/errors.js';
import type { Asking, OperatorProof, Way } from '../../../src/access/operator-proof.js';
import { mayDo, operatorRoles, type Permission } from '../../../src/api/role.js';

const asking = (way: Way, said = '', authorization?: string): Asking => ({
  way,
  said,
  authorization,
  cookie: undefined,
  certificate: undefined,
  address: '10.75.0.9',
  method: 'GET',
});

/** Whoever shows `right` is ada, a viewer; whoever shows anything else is refused. */
const proof: OperatorProof = {
  proven({ authorization }) {
    if (authorization === undefined) return undefined;
    if (authorization !== 'right') throw new NotAuthenticated('the token is not one of imago’s');
    return { name: 'ada', role: 'viewer', by: 'token' };
  },
};

const refusal = (asked: Promise<unknown>) =>
  asked.then(
    () => 'let in',
    (error: unknown) => (error instanceof Error ? `${Reflect.get(error, 'code')}: ${error.message}` : ''),
  );

describe('who commands', () => {
  const authenticator = new Authenticator([proof]);

  it('is whom a proof names, whatever he calls himself, and however he comes', async () => {
    for (const way of ['tls', 'socket', 'trusted'] as const)
      expect(await authenticator.operatorOf(asking(way, 'root', 'right'), 'read')).to.deep.equal({
        kind: 'operator',
        name: 'ada',
        role: 'viewer',
        by: 'token',
        isNamed: true,
      });
  });

  it('is nobody over TLS without a proof, by whatever name', async () => {
    expect(await refusal(authenticator.operatorOf(asking('tls', 'ada'), 'read'))).to.equal(
      'NOT_AUTHENTICATED: nothing was shown that proves who asks: log in with imagoctl login, or send a token as Authorization: Bearer imago_…',
    );
  });

  it('is not asked further once what he shows proves nothing', async () => {
    for (const way of ['tls', 'socket', 'trusted'] as const)
      expect(await refusal(authenticator.operatorOf(asking(way, 'ada', 'wrong'), 'read'))).to.match(
        /^NOT_AUTHENTICATED: the token is not one/,
      );
  });

  it('has to have a role that is enough', async () => {
    expect(await refusal(authenticator.operatorOf(asking('tls', '', 'right'), 'command'))).to.equal(
      'NOT_ALLOWED: ada is viewer, and this is for operator and admin: ask an admin for a token with that role',
    );
  });

  it('is an admin who comes by the socket, by the name that he gives', async () => {
    expect(await authenticator.operatorOf(asking('socket', 'eve <eve@x> '), 'administer')).to.include({
      name: 'eve eve@x',
      by: 'socket',
      isNamed: true,
    });
    expect(await authenticator.operatorOf(asking('socket'), 'administer')).to.include({
      name: 'root',
      isNamed: false,
    });
  });

  it('is marked as claimed where the listener is trusted', async () => {
    expect(await authenticator.operatorOf(asking('trusted', 'eve'), 'administer')).to.include({
      name: 'claimed:eve',
      by: 'trusted',
    });
    expect(await authenticator.operatorOf(asking('trusted'), 'administer')).to.include({
      name: 'operator',
      isNamed: false,
    });
  });

  it('does not matter for what anyone may ask', async () => {
    expect(await authenticator.operatorOf(asking('tls', '', 'wrong'), 'anyone')).to.include({
      by: 'nothing',
    });
  });
});

describe('a role', () => {
  const may: Readonly<Record<Permission, string>> = {
    anyone: 'viewer operator admin auditor',
    read: 'viewer operator admin auditor',
    command: 'operator admin',
    administer: 'admin',
    audit: 'admin auditor',
  };
  for (const [permission, want] of Object.entries(may) as [Permission, string][])
    it(`may ${permission}: ${want}`, () => {
      const roles = operatorRoles.filter((role) => mayDo(role, permission));
      expect(roles.join(' ')).to.equal(want);
    });
});
