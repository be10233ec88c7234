import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RefusalList } from '../../../src/api/refusals.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';

interface Made {
  readonly id: string;
  readonly token: string;
}

describe('tokens over HTTP', () => {
  let house: House;
  let now: number;
  let log: string;
  const open = async (config = houseConfig) => {
    house = await openHouse({
      config,
      store: new InMemoryHostStore([]),
      now: () => new Date(now),
      logTo: { write: (line) => void (log += line) },
    });
  };
  beforeEach(async () => {
    now = Date.UTC(2026, 10, 29, 10);
    log = '';
    await open();
  });
  afterEach(() => house.close());

  const json = { 'Content-Type': 'application/json' };
  const make = async (wanted: object, name = 'root'): Promise<Made> => {
    const answer = await fetch(`${house.localUrl}/api/v1/tokens`, {
      method: 'POST',
      headers: { ...json, 'X-Imago-Operator': name },
      body: JSON.stringify(wanted),
    });
    expect(answer.status).to.equal(201);
    expect(answer.headers.get('cache-control')).to.equal('no-store');
    return (await answer.json()) as Made;
  };
  const ask = (path: string, token?: string, init: RequestInit = {}) =>
    fetch(house.provenUrl + path, {
      ...init,
      headers: { ...json, ...(token !== undefined && { Authorization: `Bearer ${token}` }) },
    });
  const refusals = async () =>
    ((await (await fetch(`${house.operatorUrl}/api/v1/refusals`)).json()) as RefusalList).refusals;

  it('tell who asks, by what, and until when', async () => {
    const { token } = await make({ name: 'ada', role: 'viewer', expires: '2026-12-01T00:00:00Z' });
    const answer = await ask('/api/v1/whoami', token, { headers: { 'X-Imago-Operator': 'root' } });
    expect(answer.status).to.equal(200);
    expect(await answer.json()).to.deep.equal({
      name: 'ada',
      role: 'viewer',
      by: 'token',
      expires: '2026-12-01T00:00:00.000Z',
    });
    const trusted = await fetch(`${house.operatorUrl}/api/v1/whoami`, {
      headers: { 'X-Imago-Operator': 'eve' },
    });
    expect(await trusted.json()).to.deep.equal({ name: 'claimed:eve', role: 'admin', by: 'trusted' });
  });

  it('are the author of what is changed by them, whatever else is said', async () => {
    const { token } = await make({ name: 'ada', role: 'operator' });
    const answer = await fetch(`${house.provenUrl}/api/v1/hosts`, {
      method: 'POST',
      headers: { ...json, Authorization: `Bearer ${token}`, 'X-Imago-Operator': 'somebody-else' },
      body: '{"serial":"s1"}',
    });
    expect(answer.status).to.equal(201);
    const { history } = (await (await ask('/api/v1/hosts/s1/history', token)).json()) as {
      history: { author: string }[];
    };
    expect(new Set(history.map(({ author }) => author))).to.deep.equal(new Set(['ada']));
  });

  it('are listed without what proves them, and hold no more once they are revoked', async () => {
    const { id, token } = await make({ name: 'ada', role: 'viewer' });
    expect((await ask('/api/v1/hosts', token)).status).to.equal(200);
    const list = await (await fetch(`${house.localUrl}/api/v1/tokens`)).text();
    expect(JSON.parse(list)).to.deep.equal({
      tokens: [
        {
          id,
          name: 'ada',
          role: 'viewer',
          created: '2026-11-29T10:00:00.000Z',
          lastUsed: '2026-11-29T10:00:00.000Z',
        },
      ],
    });
    expect((await fetch(`${house.localUrl}/api/v1/tokens/${id}`, { method: 'DELETE' })).status).to.equal(204);
    const answer = await ask('/api/v1/hosts', token);
    expect(answer.status).to.equal(401);
    expect(answer.headers.get('www-authenticate')).to.equal('Bearer');
    expect(await answer.json())
      .to.include({ code: 'NOT_AUTHENTICATED' })
      .and.property('detail')
      .match(/^this token was revoked: ask an admin for a new one/);
    const again = await fetch(`${house.localUrl}/api/v1/tokens/${id}`, { method: 'DELETE' });
    expect([again.status, ((await again.json()) as { code: string }).code]).to.deep.equal([
      404,
      'UNKNOWN_TOKEN',
    ]);
  });

  it('are what alarms and troubles are told for; anyone is told whether all is well', async () => {
    const { token } = await make({ name: 'ada', role: 'viewer' });
    const told = async (path: string, shown?: string) => {
      const answer = await ask(path, shown);
      return [answer.status, await answer.json()] as const;
    };
    for (const shown of [undefined, `${token.slice(0, -1)}x`]) {
      expect(await told('/ready', shown)).to.deep.equal([200, { ready: true }]);
      expect(await told('/health', shown)).to.deep.equal([200, { healthy: true }]);
    }
    expect((await told('/ready', token))[1]).to.have.all.keys([
      'ready',
      'troubles',
      'hosts',
      'freeAddresses',
      'alarms',
    ]);
    expect((await told('/health', token))[1]).to.have.property('version');
    const trusted = await (await fetch(`${house.operatorUrl}/ready`)).json();
    expect(trusted).to.have.property('alarms');
  });

  it('hold no more once they have expired', async () => {
    const { token } = await make({ name: 'ada', role: 'viewer', expires: '2026-11-29T11:00:00Z' });
    now = Date.UTC(2026, 10, 29, 11);
    const answer = await ask('/api/v1/hosts', token);
    expect([answer.status, ((await answer.json()) as { detail: string }).detail]).to.deep.equal([
      401,
      'this token expired on 2026-11-29T11:00:00.000Z: ask an admin for a new one (imagoctl token create), and log in with imagoctl login',
    ]);
  });

  it('end the streams that are watched with them when they are revoked, and no others', async () => {
    const [ada, bob] = [
      await make({ name: 'ada', role: 'viewer' }),
      await make({ name: 'bob', role: 'viewer' }),
    ];
    const watch = async (token: string) => {
      const headers = { Accept: 'text/event-stream', Authorization: `Bearer ${token}` };
      const [stream] = await once(request(`${house.provenUrl}/api/v1/events`, { headers }).end(), 'response');
      await once(stream, 'data');
      return stream;
    };
    const [ofAda, ofBob] = [await watch(ada.token), await watch(bob.token)];
    ofAda.on('error', () => undefined);
    const closed = new Promise((resolve) => ofAda.once('close', resolve));
    await fetch(`${house.localUrl}/api/v1/tokens/${ada.id}`, { method: 'DELETE' });
    await closed;
    const told = once(ofBob, 'data');
    await fetch(`${house.operatorUrl}/api/v1/hosts`, {
      method: 'POST',
      headers: json,
      body: '{"serial":"s2"}',
    });
    expect(String(await told)).to.include('s2');
    ofBob.destroy();
  });

  describe('act no more once they are revoked, by a body that was held back', () => {
    const piece = 'a piece of a file';
    const calls: readonly { method: string; path: string; body: string }[] = [
      { method: 'POST', path: '/api/v1/tokens', body: '{"name":"eve","role":"admin"}' },
      { method: 'POST', path: '/api/v1/hosts', body: '{"serial":"s1"}' },
      { method: 'POST', path: '/api/v1/images/v9/uploads/vmlinuz?offset=0', body: piece },
      { method: 'POST', path: 'BOOT?offset=0', body: piece },
    ];
    const files = async () =>
      (await readdir(house.folder, { recursive: true })).filter((name) => !/refusals|tokens/.test(name));
    const all = async () =>
      JSON.stringify([
        [...house.store.hosts()],
        house.services.tokens.list().map(({ name }) => name),
        await (await fetch(`${house.operatorUrl}/api/v1/boots`)).json(),
        (await files()).toSorted((a, b) => a.localeCompare(b)),
      ]);
    const cookieOf = async (token: string) => {
      const answer = await ask('/api/v1/session', token, { method: 'POST', body: '{}' });
      return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    };

    for (const by of ['token', 'session'] as const)
      for (const { method, path, body } of calls)
        it(`${method} ${path}, by a ${by}`, async () => {
          const order = await fetch(`${house.operatorUrl}/api/v1/boots`, {
            method: 'POST',
            headers: json,
            body: '{"kernel":{"file":"vmlinuz"}}',
          });
          const { id: boot } = (await order.json()) as { id: string };
          const url = house.provenUrl + path.replace('BOOT', `/api/v1/boots/${boot}/files/kernel`);
          const send = async (hold: () => Promise<unknown>, proof: Record<string, string>) => {
            const headers = { ...json, ...proof, 'Content-Length': String(body.length) };
            const asked = request(url, { method, headers });
            const answered = once(asked, 'response');
            asked.write(body.slice(0, 5));
            await hold();
            asked.end(body.slice(5));
            const [answer] = (await answered) as [IncomingMessage];
            answer.resume();
            return answer.statusCode;
          };
          const proofOf = async (token: string) =>
            by === 'token'
              ? { Authorization: `Bearer ${token}` }
              : { Cookie: await cookieOf(token), 'X-Imago-Request': '1' };
          const [ada, bob] = [
            await make({ name: 'ada', role: 'admin' }),
            await make({ name: 'bob', role: 'admin' }),
          ];
          const proof = { ada: await proofOf(ada.token), bob: await proofOf(bob.token) };
          let before = '';
          const status = await send(async () => {
            // Its head has come and been judged by the time that another one is answered.
            await ask('/api/v1/whoami', bob.token);
            await fetch(`${house.localUrl}/api/v1/tokens/${ada.id}`, { method: 'DELETE' });
            before = await all();
          }, proof.ada);
          expect(status).to.equal(401);
          expect(await all()).to.equal(before);
          // It would have: whoever's proof holds changes something by it.
          expect(await send(() => ask('/api/v1/whoami', bob.token), proof.bob)).to.be.below(300);
          expect(await all()).not.to.equal(before);
        });
  });

  for (const { name, body, says } of [
    {
      name: 'a name that is none',
      body: { name: 'a<b>', role: 'viewer' },
      says: /^name: 'a<b>' is up to 64 letters/,
    },
    { name: 'a name that is claimed', body: { name: 'claimed:ada', role: 'viewer' }, says: /^name: / },
    {
      name: 'a name that is imago’s own',
      body: { name: 'imago', role: 'viewer' },
      says: /^name: 'imago' is not a name of/,
    },
    { name: 'an unknown role', body: { name: 'ada', role: 'god' }, says: /^role: 'god' is not known/ },
    {
      name: 'a time that is over',
      body: { name: 'ada', role: 'viewer', expires: '2026-11-29T10:00:00Z' },
      says: /^expires: /,
    },
    { name: 'no time', body: { name: 'ada', role: 'viewer', expires: 'tomorrow' }, says: /^expires: / },
    { name: 'a secret of one’s own', body: { name: 'ada', role: 'viewer', token: 'x' }, says: /token/ },
  ]) {
    it(`are not made for ${name}`, async () => {
      const answer = await fetch(`${house.localUrl}/api/v1/tokens`, {
        method: 'POST',
        headers: json,
        body: JSON.stringify(body),
      });
      expect(answer.status).to.equal(400);
      expect(((await answer.json()) as { detail: string }).detail).to.match(says);
    });
  }

  it('leave a trace of who was refused, and of what admins did', async () => {
    const { id, token } = await make({ name: 'ada', role: 'viewer' });
    await ask('/api/v1/hosts?secret=1');
    await ask('/api/v1/hosts/s1/state', token, { method: 'POST', body: '{"state":"configured"}' });
    await ask('/api/v1/hosts', `${token.slice(0, -1)}x`);
    await fetch(`${house.localUrl}/api/v1/tokens/${id}`, {
      method: 'DELETE',
      headers: { 'X-Imago-Operator': 'eve' },
    });
    await ask('/api/v1/hosts/s1', token);
    await ask('/api/v1/hosts/s2', token);
    await fetch(`${house.provenUrl}/api/v1/hosts`, { headers: { Origin: 'http://evil.example' } });
    const told = (await refusals()).map(({ reason, who, method, path, count, address, what }) =>
      [address, who, method, path, reason, count, what].filter((each) => each !== undefined).join(' '),
    );
    const from = '127.0.0.1';
    expect(told).to.deep.equal([
      `${from} GET /api/v1/hosts foreign-page 1`,
      `${from} ada GET /api/v1/hosts/s1 revoked-token 2`,
      `eve token-revoked 1 token ${id} of ada (viewer)`,
      `${from} GET /api/v1/hosts wrong-token 1`,
      `${from} ada POST /api/v1/hosts/s1/state role 1`,
      `${from} GET /api/v1/hosts nothing-shown 1`,
      `root token-created 1 token ${id} of ada (viewer)`,
    ]);
    const metrics = await (await fetch(`${house.operatorUrl}/metrics`)).text();
    for (const line of [
      'nothing-shown"} 1',
      'role"} 1',
      'wrong-token"} 1',
      'revoked-token"} 2',
      'foreign-page"} 1',
      'expired-token"} 0',
    ])
      expect(metrics).to.include(`imago_refused_total{reason="${line}`);
    expect(
      await (await fetch(`${house.operatorUrl}/api/v1/refusals?limit=1`)).json(),
    ).to.have.nested.property('refusals.length', 1);
  });

  it('stand in no log, metric, answer, backup or file', async () => {
    const { token } = await make({ name: 'ada', role: 'admin' });
    const secret = token.split('_')[2] ?? '';
    await ask('/api/v1/hosts', token);
    await ask('/api/v1/hosts', `${token}0`);
    await ask(`/api/v1/${token}`, token);
    const told = [
      log.replaceAll(`/api/v1/${token}`, ''), // who writes it into a path has told it himself
      await (await fetch(`${house.operatorUrl}/metrics`)).text(),
      await (await fetch(`${house.localUrl}/api/v1/tokens`)).text(),
      await (await fetch(`${house.operatorUrl}/api/v1/backup`)).text(),
    ];
    for (const name of await readdir(join(house.folder, 'state'), { recursive: true }))
      told.push(await readFile(join(house.folder, 'state', name), 'utf8').catch(() => ''));
    expect(told.join('\n')).not.to.include(secret);
  });

  it('that are wrong are slowed by address, and what is right is let in all the same', async () => {
    await house.close();
    await open(`${houseConfig}limits: { http: { failedLoginsPerMinute: 3 } }\n`);
    const { token } = await make({ name: 'ada', role: 'viewer' });
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask('/api/v1/hosts', 'imago_x')));
    expect(answers.map(({ status }) => status)).to.have.members([401, 401, 401, 429, 429]);
    const late = answers.find(({ status }) => status === 429);
    expect(late?.headers.get('retry-after')).to.equal('60');
    expect(await late?.json()).to.include({ code: 'TOO_MANY_FAILED_LOGINS' });
    expect((await ask('/api/v1/hosts', token)).status).to.equal(200);
    expect((await ask('/api/v1/hosts')).status, 'who shows nothing has failed at nothing').to.equal(401);
    const entry = (await refusals()).find(({ reason }) => reason === 'wrong-token');
    expect(entry).to.include({ count: 5, address: '127.0.0.1' });
  });
});
