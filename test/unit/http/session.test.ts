import { expect } from 'chai';
import { openHouse, type House } from '../../support/http-house.js';

describe('a session', () => {
  let house: House;
  let token: string;
  let id: string;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());
  beforeEach(async () => {
    const made = await house.services.tokens.create({ name: 'ada', role: 'operator' }, 'root');
    token = made.text;
    id = made.token.id;
  });

  const ask = (method: string, path: string, headers: Record<string, string>, body?: string) =>
    fetch(house.provenUrl + path, { method, headers, ...(body !== undefined && { body }) });
  const open = (headers: Record<string, string> = { authorization: `Bearer ${token}` }) =>
    ask('POST', '/api/v1/session', headers);
  const opened = async () => {
    const answer = await open();
    expect(answer.status).to.equal(201);
    const [cookie = ''] = answer.headers.getSetCookie();
    return { cookie, pair: cookie.split(';', 1)[0] ?? '', answer };
  };
  const newHost = (serial: string, headers: Record<string, string>) =>
    ask(
      'POST',
      '/api/v1/hosts',
      { 'content-type': 'application/json', ...headers },
      JSON.stringify({ serial }),
    );

  it('is opened by a token, as a cookie for this host alone, over TLS alone, that no script reads', async () => {
    const { cookie, answer } = await opened();
    expect(cookie).to.match(
      /^__Host-imago=[0-9a-f]{12}_[0-9a-f]{40}; Path=\/; Max-Age=43\d{3}; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(answer.headers.get('cache-control')).to.equal('no-store');
    expect(await answer.json()).to.include({ name: 'ada', role: 'operator' });
  });

  it('stands for who opened it, in the history as well', async () => {
    const { pair } = await opened();
    const answer = await newHost('s1', { cookie: pair, 'x-imago-request': '1' });
    expect(answer.status).to.equal(201);
    const history = (await (await ask('GET', '/api/v1/hosts/s1/history', { cookie: pair })).json()) as {
      changes?: { author?: string }[];
    };
    expect(JSON.stringify(history)).to.contain('"ada"');
  });

  it('changes nothing for a page that cannot send its header, and that is noted', async () => {
    const { pair } = await opened();
    const answer = await newHost('s2', { cookie: pair });
    expect(answer.status).to.equal(403);
    expect(house.store.host('s2' as never)).to.equal(undefined);
    expect(house.services.audit.list(1)[0]).to.include({ reason: 'foreign-page', path: '/api/v1/hosts' });
  });

  it('has the role of the token, no more', async () => {
    const { pair } = await opened();
    const answer = await ask(
      'POST',
      '/api/v1/tokens',
      { cookie: pair, 'x-imago-request': '1', 'content-type': 'application/json' },
      '{"name":"eve","role":"admin"}',
    );
    expect(answer.status).to.equal(403);
    expect(await answer.text()).to.contain('ada is operator');
  });

  it('is over with its token, and the browser forgets it', async () => {
    const { pair } = await opened();
    await house.services.tokens.revoke(id, 'root');
    const answer = await ask('GET', '/api/v1/hosts', { cookie: pair });
    expect(answer.status).to.equal(401);
    expect(answer.headers.getSetCookie()[0]).to.match(/^__Host-imago=; Path=\/; Max-Age=0;/);
    expect(house.services.audit.list(1)[0]).to.include({ reason: 'wrong-session' });
  });

  it('is over once its holder logs out', async () => {
    const { pair } = await opened();
    const out = await ask('DELETE', '/api/v1/session', { cookie: pair, 'x-imago-request': '1' });
    expect(out.status).to.equal(204);
    expect(out.headers.getSetCookie()[0]).to.match(/^__Host-imago=; Path=\/; Max-Age=0;/);
    expect((await ask('GET', '/api/v1/hosts', { cookie: pair })).status).to.equal(401);
  });

  it('opens no other, and is opened by nothing but a token', async () => {
    const { pair } = await opened();
    const again = await open({ cookie: pair, 'x-imago-request': '1' });
    expect(again.status).to.equal(400);
    expect(await again.text()).to.contain('opened by a token');
    expect((await open({})).status).to.equal(401);
    const trusted = await fetch(`${house.url}/api/v1/session`, { method: 'POST' });
    expect(trusted.status).to.equal(400);
    expect((await ask('DELETE', '/api/v1/session', { authorization: `Bearer ${token}` })).status).to.equal(
      400,
    );
  });

  it('gives way to a token that is shown beside it', async () => {
    const { pair } = await opened();
    const other = await house.services.tokens.create({ name: 'bob', role: 'viewer' }, 'root');
    const answer = await ask('GET', '/api/v1/whoami', {
      cookie: pair,
      authorization: `Bearer ${other.text}`,
    });
    expect(await answer.json()).to.include({ name: 'bob', by: 'token' });
  });
});
