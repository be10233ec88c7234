import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';
import { OidcProvider, type ClaimSet, type Forgery } from '../../support/oidc-provider.js';

const LONG_AGO = Math.floor(Date.now() / 1000) - 3600;

function configOf(issuer: string, more = ''): string {
  return `${houseConfig}
operators:
  oidc:
    issuer: ${issuer}
    clientId: imago
    clientSecret: { variable: OIDC_SECRET }
    ${more}
    roles:
      - { claim: groups, value: rack-admins, role: admin }
      - { claim: groups, value: racks, role: operator }
      - { claim: realm_access.roles, value: watcher, role: viewer }
`;
}

interface Landed {
  readonly status: number;
  readonly text: string;
  readonly cookies: readonly string[];
}

describe('a login by OpenID Connect', () => {
  let provider: OidcProvider;
  let house: House;
  const log: string[] = [];
  /** Of limits, in milliseconds: each test begins when those of the one before are forgotten. */
  let moment = 0;
  let clock = () => new Date();

  before(async () => {
    provider = await OidcProvider.start();
    house = await openHouse({
      config: configOf(provider.issuer),
      environment: { OIDC_SECRET: 'client-secret' },
      logTo: { write: (line) => void log.push(line) },
      trafficNow: () => moment,
      now: () => clock(),
    });
  });

  after(async () => {
    await house.close();
    await provider.close();
  });

  beforeEach(() => {
    moment += 3_600_000;
    clock = () => new Date();
    log.length = 0;
    provider.reset();
  });

  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(house.provenUrl + path, { headers, redirect: 'manual' });

  /** To the provider. */
  async function sentThere(): Promise<{ readonly url: URL; readonly cookie: string }> {
    const answer = await get('/login/oidc');
    expect(answer.status, await answer.clone().text()).to.equal(302);
    return {
      url: new URL(answer.headers.get('location') ?? ''),
      cookie: pairs(answer.headers.getSetCookie()),
    };
  }

  /** And back, by the URL that the provider gives. */
  async function landed(back: string, cookie: string): Promise<Landed> {
    const { pathname, search } = new URL(back);
    const answer = await get(pathname + search, { cookie });
    return { status: answer.status, text: await answer.text(), cookies: answer.headers.getSetCookie() };
  }

  async function login(): Promise<Landed> {
    const { url, cookie } = await sentThere();
    return landed(await provider.visit(url.href), cookie);
  }

  const whoAmI = async (cookie: string) => (await get('/api/v1/whoami', { cookie })).json();

  describe('in a browser', () => {
    it('is a session with the name and role of who logs in there', async () => {
      const { status, text, cookies } = await login();
      expect(status, text).to.equal(200);
      expect(text).to.match(/^You are logged in as ada \(operator\) until /);
      const { name, role, by } = (await whoAmI(pairs(cookies))) as Record<string, string>;
      expect({ name, role, by }).to.deep.equal({ name: 'ada', role: 'operator', by: 'session' });
    });

    it('asks with a code challenge, a state and a nonce, for the callback of the name that it was asked by', async () => {
      const { url } = await sentThere();
      expect(Object.fromEntries(url.searchParams)).to.include({
        client_id: 'imago',
        response_type: 'code',
        scope: 'openid profile email',
        code_challenge_method: 'S256',
        redirect_uri: `https://${new URL(house.provenUrl).host}/login/oidc/callback`,
      });
      for (const name of ['state', 'nonce', 'code_challenge'])
        expect(url.searchParams.get(name)?.length, name).to.be.at.least(43);
      expect((await sentThere()).url.searchParams.get('state')).to.not.equal(url.searchParams.get('state'));
    });

    it('keeps cookies that no script reads and no other site has sent', async () => {
      const answer = await get('/login/oidc');
      expect(answer.headers.get('cache-control')).to.equal('no-store');
      expect(answer.headers.getSetCookie()).to.have.length(1);
      expect(answer.headers.getSetCookie()[0]).to.match(
        /^__Host-imago-login=[\w-]+; Path=\/; Max-Age=600; HttpOnly; Secure; SameSite=Lax$/,
      );
      const { cookies } = await login();
      expect(cookies).to.have.length(2);
      expect(cookies[0]).to.match(
        /^__Host-imago=[0-9a-f_]+; Path=\/; Max-Age=43\d\d\d; HttpOnly; Secure; SameSite=Strict$/,
      );
      expect(cookies[1]).to.match(/^__Host-imago-login=; Path=\/; Max-Age=0;/);
    });

    it('leaves neither codes nor states nor tokens in the log', async () => {
      const { url, cookie } = await sentThere();
      const back = new URL(await provider.visit(url.href));
      await landed(back.href, cookie);
      await landed(back.href, cookie);
      const text = log.join('\n');
      expect(text).to.contain('logged in by OpenID Connect').and.contain('/login/oidc/callback');
      for (const secret of [back.searchParams.get('code'), back.searchParams.get('state'), 'client-secret'])
        expect(text).to.not.contain(secret);
    });

    it('takes keys that the provider has changed since the last login, and other kinds of them', async () => {
      expect((await login()).status).to.equal(200);
      provider.rotate();
      expect((await login()).status).to.equal(200);
      provider.rotate('ES256');
      expect((await login()).status).to.equal(200);
      expect(provider.asked.filter((path) => path === '/jwks')).to.have.length(3);
      expect(provider.asked.filter((path) => path.startsWith('/.well-known'))).to.have.length(1);
    });

    it('is over once the rule is gone by which its role was given', async () => {
      const { cookies } = await login();
      const roles = house.services.config().operators.oidc?.roles ?? [];
      const taken = roles.splice(1, 1);
      const answer = await get('/api/v1/whoami', { cookie: pairs(cookies) });
      roles.splice(1, 0, ...taken);
      expect(answer.status).to.equal(401);
      expect(await answer.text()).to.contain('this login in a browser is over');
      expect(answer.headers.getSetCookie()[0]).to.match(/^__Host-imago=; Path=\/; Max-Age=0;/);
    });
  });

  describe('is refused', () => {
    const users: readonly { name: string; user: ClaimSet; says: RegExp }[] = [
      {
        name: 'who no rule gives a role',
        user: { preferred_username: 'eve', groups: ['guests'] },
        says: /no rule of operators\.oidc\.roles gives eve a role/,
      },
      {
        name: 'a group that only contains the name of one',
        user: { preferred_username: 'eve', groups: 'racks-not' },
        says: /no rule/,
      },
      {
        name: 'a rule by what objects inherit',
        user: { preferred_username: 'eve', realm_access: 'roles' },
        says: /no rule/,
      },
      {
        name: 'who has no name',
        user: { groups: ['racks'] },
        says: /does not say preferred_username or email/,
      },
      {
        name: 'a name that is no text',
        user: { preferred_username: ['root'], groups: ['racks'] },
        says: /does not say/,
      },
      {
        name: 'a name with escape sequences',
        user: { preferred_username: 'a\u001b[31mda', groups: ['racks'] },
        says: /preferred_username is 'a\ufffd\[31mda', which is no name/,
      },
      {
        name: 'a name with a line break',
        user: { preferred_username: 'ada\nauthor root', groups: ['racks'] },
        says: /no name/,
      },
      {
        name: 'a name with an address',
        user: { preferred_username: 'ada <root@rack>', groups: ['racks'] },
        says: /no name/,
      },
      {
        name: 'a name that claims to be one that nobody has proved',
        user: { preferred_username: 'claimed:ada', groups: ['racks'] },
        says: /no name/,
      },
      {
        name: 'the name that imago signs by',
        user: { preferred_username: 'imago', groups: ['racks'] },
        says: /no name/,
      },
      {
        name: 'a name that goes on and on',
        user: { preferred_username: 'a'.repeat(500), groups: ['racks'] },
        says: /no name/,
      },
      {
        name: 'an address that the provider has not verified',
        user: { email: 'ada@rack', email_verified: false, groups: ['racks'] },
        says: /has not verified 'ada@rack'/,
      },
    ];
    for (const { name, user, says } of users)
      it(name, async () => {
        provider.user = { sub: 'u2', ...user };
        const { status, text, cookies } = await login();
        expect(status, text).to.equal(401);
        expect(text).to.match(says);
        expect(cookies).to.deep.equal([]);
      });

    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const forgeries: readonly { name: string; forgery: Forgery }[] = [
      { name: 'a wrong nonce', forgery: { claims: { nonce: 'another' } } },
      { name: 'no nonce', forgery: { claims: { nonce: undefined } } },
      { name: 'another audience', forgery: { claims: { aud: 'grafana' } } },
      {
        name: 'several audiences, for another party',
        forgery: { claims: { aud: ['imago', 'grafana'], azp: 'grafana' } },
      },
      { name: 'another issuer', forgery: { claims: { iss: 'https://id.example.net' } } },
      { name: 'an end long ago', forgery: { claims: { exp: LONG_AGO } } },
      { name: 'no end', forgery: { claims: { exp: undefined } } },
      { name: 'a beginning far ahead', forgery: { claims: { nbf: LONG_AGO + 90_000 } } },
      { name: 'no subject', forgery: { claims: { sub: undefined } } },
      { name: 'no signature (alg none)', forgery: { alg: 'none' } },
      { name: 'the public key as a secret (HS256)', forgery: { alg: 'HS256' } },
      { name: 'a key that the provider does not show', forgery: { key: stranger, header: { kid: 'other' } } },
      { name: 'a key under the name of another', forgery: { key: stranger } },
      {
        name: 'a key that it brings along',
        forgery: { key: stranger, header: { jwk: { kty: 'RSA' }, jku: 'http://127.0.0.1:1/' } },
      },
      { name: 'a changed signature', forgery: { change: (token) => `${token.slice(0, -8)}AAAAAAAA` } },
      {
        name: 'changed claims',
        forgery: {
          change: (token) =>
            token.replace(
              /\..*\./,
              (part) =>
                `.${Buffer.from(Buffer.from(part.slice(1, -1), 'base64url').toString().replace('ada', 'eve')).toString('base64url')}.`,
            ),
        },
      },
      {
        name: 'what it has to understand and nobody does (crit)',
        forgery: { header: { crit: ['exp2'], exp2: 1 } },
      },
      { name: 'no token at all', forgery: { change: () => 'x' } },
    ];
    for (const { name, forgery } of forgeries)
      it(`an ID token with ${name}`, async () => {
        provider.forgery = forgery;
        const { status, text, cookies } = await login();
        expect(status, text).to.equal(401);
        expect(text).to.match(/^nobody is logged in: its (?:ID token|answer)/);
        expect(cookies).to.deep.equal([]);
      });

    it('a state that this browser was not given', async () => {
      const { url, cookie } = await sentThere();
      const back = new URL(await provider.visit(url.href));
      back.searchParams.set('state', 'another');
      const { status, text } = await landed(back.href, cookie);
      expect(status).to.equal(401);
      expect(text).to.contain('its answer does not hold');
      expect(provider.asked).to.not.include('/token');
    });

    it('a browser that has begun no login, though it knows the URL of one that has', async () => {
      const { url } = await sentThere();
      const back = await provider.visit(url.href);
      const other = await sentThere();
      for (const cookie of ['', '__Host-imago-login=AAAA', other.cookie])
        expect((await landed(back, cookie)).status).to.equal(401);
      expect(provider.asked).to.not.include('/token');
    });

    it('a code that was used before', async () => {
      const { url, cookie } = await sentThere();
      const back = await provider.visit(url.href);
      expect((await landed(back, cookie)).status).to.equal(200);
      const again = await landed(back, cookie);
      expect(again.status).to.equal(401);
      expect(again.text).to.contain("the provider says 'invalid_grant'");
    });

    it('who does not agree at the provider, in its words and nothing of what it says besides', async () => {
      provider.user = undefined;
      const { url, cookie } = await sentThere();
      const back = new URL(await provider.visit(url.href));
      back.searchParams.set('error_description', 'go to http://evil');
      const { status, text } = await landed(back.href, cookie);
      expect(status).to.equal(401);
      expect(text).to.contain("the provider says 'access_denied'").and.not.contain('evil');
    });

    it('a login that took too long', async () => {
      const { url, cookie } = await sentThere();
      clock = () => new Date(Date.now() + 601_000);
      const { status, text } = await landed(await provider.visit(url.href), cookie);
      expect(status).to.equal(401);
      expect(text).to.contain('too long ago');
    });
  });

  describe('from a terminal', () => {
    const begin = () => fetch(`${house.provenUrl}/api/v1/logins`, { method: 'POST' });
    const stateOf = async (id: string) => {
      const answer = await get(`/api/v1/logins/${id}`);
      return {
        http: answer.status,
        ...((await answer.json()) as { status?: string; token?: string; detail?: string }),
      };
    };
    const settled = async (id: string) => {
      for (;;) {
        const state = await stateOf(id);
        if (state.status !== 'pending') return state;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    type Begun = { id: string; url: string; userCode: string; interval: number };

    it('is a token of who has agreed in a browser, that holds for a while', async () => {
      const begun = (await (await begin()).json()) as Begun;
      expect(begun.url).to.equal(`${provider.issuer}/activate`);
      expect(begun.interval).to.equal(1);
      expect(await stateOf(begun.id)).to.include({ http: 200, status: 'pending' });
      provider.agree(begun.userCode);
      const { token } = await settled(begun.id);
      const who = await (await get('/api/v1/whoami', { authorization: `Bearer ${token}` })).json();
      expect(who).to.include({ name: 'ada', role: 'operator', by: 'token' });
      const made = house.services.tokens.list().length;
      // The answer may have been lost.
      expect(await stateOf(begun.id)).to.include({ token });
      expect(house.services.tokens.list()).to.have.length(made);
      expect(log.join('\n')).to.not.contain(begun.id).and.not.contain(token);
    }).timeout(10_000);

    it('is refused where somebody does, or has no role', async () => {
      const before = house.services.tokens.list().length;
      const first = (await (await begin()).json()) as Begun;
      const second = (await (await begin()).json()) as Begun;
      provider.agree(first.userCode, 'denied');
      provider.agree(second.userCode, { sub: 'u3', preferred_username: 'eve' });
      const [denied, roleless] = await Promise.all([settled(first.id), settled(second.id)]);
      expect(denied).to.include({ http: 401 });
      expect(denied.detail).to.contain("'access_denied'");
      expect(roleless.detail).to.contain('gives eve a role');
      expect(house.services.tokens.list()).to.have.length(before);
    }).timeout(10_000);

    it('is not known by an id that nobody was given', async () => {
      expect(await stateOf('0'.repeat(40))).to.include({ http: 401 });
    });

    it('has its oldest one ended by an address that begins a fifth', async () => {
      const begun: Begun[] = [];
      for (let count = 0; count < 5; count += 1) begun.push((await (await begin()).json()) as Begun);
      expect(await stateOf(begun[0]?.id ?? '')).to.include({ http: 401 });
      expect(await stateOf(begun[1]?.id ?? '')).to.include({ http: 200 });
    });

    it('shows no code or address on a terminal that would do more there than be read', async () => {
      const device = {
        device_code: 'x',
        user_code: 'AB',
        verification_uri: `${provider.issuer}/`,
        expires_in: 9,
      };
      for (const bad of [{ user_code: 'A\u001b]0;x\u0007' }, { verification_uri: 'javascript:alert(1)' }]) {
        provider.broken.set('/device', { status: 200, body: JSON.stringify({ ...device, ...bad }) });
        const answer = await begin();
        expect(answer.status).to.equal(502);
        expect(await answer.text()).to.not.contain('\u001b');
      }
    });

    it('says so where the provider has none', async () => {
      provider.metadata = { device_authorization_endpoint: undefined };
      const answer = await begin();
      expect(answer.status).to.equal(502);
      expect(await answer.text()).to.contain('offers no logins from a terminal');
    });
  });

  describe('when the provider', () => {
    const troubles: readonly { name: string; make: () => void | Promise<void>; says: RegExp }[] = [
      {
        name: 'breaks off',
        make: () => void provider.broken.set('/.well-known/openid-configuration', 'hang up'),
        says: /cannot be used: other side closed/,
      },
      {
        name: 'answers an error',
        make: () =>
          void provider.broken.set('/.well-known/openid-configuration', { status: 500, body: '{}' }),
        says: /unexpected HTTP response status code|cannot be used/,
      },
      {
        name: 'answers no JSON',
        make: () =>
          void provider.broken.set('/.well-known/openid-configuration', {
            status: 200,
            body: '<html>',
            type: 'text/html',
          }),
        says: /unexpected response content-type|cannot be used/,
      },
      {
        name: 'answers without end',
        make: () =>
          void provider.broken.set('/.well-known/openid-configuration', {
            status: 200,
            body: ' '.repeat(600_000),
          }),
        says: /more than 524288 bytes/,
      },
      {
        name: 'calls itself something else',
        make: () => void (provider.metadata = { issuer: 'https://id.example.net' }),
        says: /does not match the expected issuer/,
      },
    ];
    for (const { name, make, says } of troubles)
      it(`${name}, it says so, and tokens work on`, async () => {
        const { text: token } = await house.services.tokens.create({ name: 'ci', role: 'viewer' }, 'root');
        await make();
        const answer = await get('/login/oidc');
        const text = await answer.text();
        expect(answer.status, text).to.equal(502);
        expect(text).to.match(says).and.contain('tokens, certificates and the socket on the server work on');
        expect((await get('/api/v1/whoami', { authorization: `Bearer ${token}` })).status).to.equal(200);
      });

    const leads: readonly { name: string; metadata: (issuer: string) => ClaimSet; asked: string }[] = [
      {
        name: 'sends for tokens to this server',
        metadata: () => ({ token_endpoint: 'http://127.0.0.2:1/token' }),
        asked: '/token',
      },
      {
        name: 'sends for keys to a metadata service',
        metadata: () => ({ jwks_uri: 'http://169.254.169.254/latest/meta-data' }),
        asked: '/jwks',
      },
      {
        name: 'sends for keys to a name of this server',
        metadata: () => ({ jwks_uri: 'http://localhost:1/' }),
        asked: '/jwks',
      },
      {
        name: 'sends for keys to a file',
        metadata: () => ({ jwks_uri: 'file:///etc/passwd' }),
        asked: '/jwks',
      },
    ];
    for (const { name, metadata, asked } of leads)
      it(`${name}, nobody is asked there`, async () => {
        provider.metadata = metadata(provider.issuer);
        const { status, text } = await login();
        expect(status, text).to.equal(502);
        expect(provider.asked).to.not.include(asked);
      });

    it('is down, it says so, and is asked again five seconds later', async () => {
      const dead = await OidcProvider.start();
      const other = await openHouse({
        config: configOf(dead.issuer),
        environment: { OIDC_SECRET: 'client-secret' },
        trafficNow: () => moment,
      });
      try {
        const { port } = new URL(dead.issuer);
        await dead.close();
        const ask = async () => {
          const answer = await fetch(`${other.provenUrl}/login/oidc`, { redirect: 'manual' });
          return { http: answer.status, text: await answer.text() };
        };
        const { http, text } = await ask();
        expect(http).to.equal(502);
        expect(text).to.contain('cannot be used: connect ECONNREFUSED');
        const risen = await OidcProvider.start(Number(port));
        try {
          expect((await ask()).http).to.equal(502);
          expect(risen.asked).to.deep.equal([]);
          moment += 5000;
          expect((await ask()).http).to.equal(302);
        } finally {
          await risen.close();
        }
      } finally {
        await other.close();
      }
    });

    it('knows imago by another secret, it says whose fault that is', async () => {
      provider.clientSecret = 'another';
      const { status, text } = await login();
      expect(status, text).to.equal(502);
      expect(text).to.contain("says 'invalid_client': see operators.oidc");
    });
  });

  it('is begun 20 times a minute from one address, and then 429', async () => {
    for (let count = 0; count < 20; count += 1) expect((await get('/login/oidc')).status).to.equal(302);
    const answer = await get('/login/oidc');
    expect(answer.status).to.equal(429);
    expect(answer.headers.get('retry-after')).to.equal('60');
    expect(provider.asked).to.deep.equal(['/.well-known/openid-configuration']);
  });
});

describe('where no OpenID Connect is set up', () => {
  it('logins say so', async () => {
    const house = await openHouse();
    try {
      for (const [path, method] of [
        ['/login/oidc', 'GET'],
        ['/login/oidc/callback?code=1', 'GET'],
        ['/api/v1/logins', 'POST'],
        ['/api/v1/logins/1', 'GET'],
      ] as const) {
        const answer = await fetch(house.provenUrl + path, { method, redirect: 'manual' });
        expect(answer.status, path).to.equal(409);
        expect(await answer.text()).to.contain('OpenID Connect is not set up here');
      }
    } finally {
      await house.close();
    }
  });
});

/** What a browser sends of what it was given. */
function pairs(cookies: readonly string[]): string {
  return cookies.map((cookie) => cookie.split(';', 1)[0]).join('; ');
}
