import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { NotAuthenticated } from '../../../src/access/errors.js';
import { SessionProof } from '../../../src/access/session-proof.js';
import { sessionCookie, shownSession, type ShownSession } from '../../../src/access/session.js';
import { SessionsFile } from '../../../src/access/sessions-file.js';
import { Sessions, type SessionOpener } from '../../../src/access/sessions.js';
import { TokensFile } from '../../../src/access/tokens-file.js';
import { Tokens } from '../../../src/access/tokens.js';
import { StoreUnavailable } from '../../../src/host/errors.js';
import { rejection } from '../../support/rejection.js';

const START = Date.UTC(2027, 0, 1);
const HOUR = 3_600_000;
const rule = { claim: 'groups', value: 'racks', role: 'operator' } as const;
const issuer = 'https://id.example.net';
const ofOidc = { kind: 'oidc', issuer, claim: rule.claim, value: rule.value } as const;

describe('a login in a browser', () => {
  let folder: string;
  let path: string;
  let now: number;
  let tokens: Tokens;
  let warnings: object[];
  let reached: string[];
  let config: { sessionHours: number; oidc?: { issuer: string; roles: (typeof rule)[] } };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imago-sessions-'));
    path = join(folder, 'sessions.json');
    now = START;
    warnings = [];
    reached = [];
    config = { sessionHours: 12, oidc: { issuer, roles: [rule] } };
    tokens = await Tokens.open({
      file: new TokensFile(join(folder, 'tokens.json')),
      audit: () => Promise.resolve(),
      clock: () => new Date(now),
      log: { warn: () => undefined },
    });
  });
  afterEach(() => rm(folder, { recursive: true }));

  const open = (more: object = {}) =>
    Sessions.open({
      file: new SessionsFile(path, { warn: (facts) => void warnings.push(facts) }),
      tokens,
      config: () => config,
      clock: () => new Date(now),
      reach: (name) => void reached.push(name),
      ...more,
    });
  const byToken = async (hours?: number): Promise<SessionOpener> => {
    const expires = hours === undefined ? undefined : new Date(now + hours * HOUR);
    const { token } = await tokens.create({ name: 'ada', role: 'admin', expires }, 'root');
    return { name: 'ada', role: 'admin', opener: { kind: 'token', id: token.id } };
  };
  const byOidc = (name = 'ada'): SessionOpener => ({ name, role: 'operator', opener: ofOidc });
  const cookieOf = (shown: ShownSession) => sessionCookie(shown, 60).split(';', 1)[0] ?? '';

  it('proves who asks, with the name and role of what opened it, also after a restart', async () => {
    const { shown } = await (await open()).create(await byToken());
    const later = await open();
    expect(new SessionProof(later).proven({ cookie: cookieOf(shown) })).to.deep.include({
      name: 'ada',
      role: 'admin',
      by: 'session',
      id: shown.id,
      expires: new Date(START + 12 * HOUR),
    });
  });

  it('is kept as a hash, in a file that nobody else reads', async () => {
    const { shown } = await (await open()).create(byOidc());
    expect(await readFile(path, 'utf8'))
      .to.contain(shown.id)
      .and.not.contain(shown.secret);
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
  });

  it('is durable before it is answered, or never was', async () => {
    const failing = {
      read: () => Promise.resolve([]),
      save: () => Promise.reject(new StoreUnavailable('the disk is full', 'full')),
    };
    const sessions = await open({ file: failing });
    expect(await rejection(sessions.create(byOidc()))).to.be.instanceOf(StoreUnavailable);
    expect(sessions.size).to.equal(0);
  });

  it('ends in time, and never later than the token that opened it', async () => {
    const sessions = await open();
    const long = await sessions.create(await byToken(100));
    const short = await sessions.create(await byToken(1));
    expect(short.session.expires).to.equal(new Date(START + HOUR).toISOString());
    now += HOUR;
    expect(sessions.judge(short.shown)).to.equal(undefined);
    expect(sessions.judge(long.shown)?.name).to.equal('ada');
    now += 11 * HOUR;
    expect(sessions.judge(long.shown)).to.equal(undefined);
  });

  it('ends with its token, and what is watched with it, too', async () => {
    const sessions = await open();
    const opener = await byToken();
    const { shown } = await sessions.create(opener);
    const over = sessions.whenOver(shown.id);
    expect(over.aborted).to.equal(false);
    if (opener.opener.kind === 'token') await tokens.revoke(opener.opener.id, 'root');
    expect(over.aborted).to.equal(true);
    expect(sessions.judge(shown)).to.equal(undefined);
  });

  it('ends when somebody logs out, and stays so after a restart', async () => {
    const sessions = await open();
    const { shown } = await sessions.create(byOidc());
    const over = sessions.whenOver(shown.id);
    await sessions.end(shown.id);
    expect([over.aborted, sessions.judge(shown), (await open()).judge(shown)]).to.deep.equal([
      true,
      undefined,
      undefined,
    ]);
  });

  it('has what is watched with it ended when its time is over', async () => {
    const timers = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const sessions = await open();
      const { shown } = await sessions.create(byOidc());
      const over = sessions.whenOver(shown.id);
      now += 12 * HOUR;
      timers.tick(12 * HOUR);
      expect(over.aborted).to.equal(true);
    } finally {
      timers.restore();
    }
  });

  const rulesGone: readonly { name: string; config: typeof config }[] = [
    { name: 'the rule that gave its role', config: { sessionHours: 12, oidc: { issuer, roles: [] } } },
    { name: 'the provider', config: { sessionHours: 12 } },
    { name: 'that provider', config: { sessionHours: 12, oidc: { issuer: 'https://other', roles: [rule] } } },
  ];
  for (const { name, config: other } of rulesGone)
    it(`by OpenID Connect is over once ${name} is gone from the configuration`, async () => {
      const sessions = await open();
      const { shown } = await sessions.create(byOidc());
      const over = sessions.whenOver(shown.id);
      config = other;
      sessions.follow();
      expect([over.aborted, sessions.judge(shown)]).to.deep.equal([true, undefined]);
    });

  it('is one of 16 of that operator, and one of 1,000: the oldest is over', async () => {
    const sessions = await open({ file: { read: () => Promise.resolve([]), save: () => Promise.resolve() } });
    const first = await sessions.create(byOidc());
    for (let count = 1; count < 16; count += 1) await sessions.create(byOidc());
    expect(sessions.judge(first.shown)?.name).to.equal('ada');
    await sessions.create(byOidc());
    expect([sessions.judge(first.shown), sessions.size, reached]).to.deep.equal([
      undefined,
      16,
      ['sessions-per-name'],
    ]);
    for (let count = 16; count < 1100; count += 1) await sessions.create(byOidc(`user${count}`));
    expect(sessions.size).to.equal(1000);
    expect(new Set(reached)).to.deep.equal(new Set(['sessions-per-name', 'sessions']));
  });

  it('is over for everybody where its file may be another’s, and it is said', async () => {
    const { shown } = await (await open()).create(byOidc());
    await chmod(path, 0o644);
    expect((await open()).judge(shown)).to.equal(undefined);
    await chmod(path, 0o600);
    expect((await open()).judge(shown)?.name).to.equal('ada');
    await writeFile(path, '{"format":1,"sessions":[{"name":"root","role":"admin"}]}');
    expect((await open()).size).to.equal(0);
    expect(warnings).to.deep.equal([
      { path, reason: "others than imago's user can read or write it (mode 0644)" },
      { path, reason: 'it is damaged' },
    ]);
    // And goes on with a new one.
    expect((await (await open()).create(byOidc())).session.name).to.equal('ada');
  });

  it('is proved by its cookie alone', async () => {
    const sessions = await open();
    const { shown } = await sessions.create(byOidc());
    const proof = new SessionProof(sessions);
    const at = (cookie: string | undefined) => () => proof.proven({ cookie });
    const cookie = cookieOf(shown);
    expect(at(`a=b; ${cookie}; c=d`)()?.name).to.equal('ada');
    for (const none of [undefined, '', 'imago=x', 'a=b; __Host-imago-login=x', `x${cookie}`])
      expect(at(none)(), none).to.equal(undefined);
    const wrong = [
      `${cookie}0`,
      cookie.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      cookie.replace(shown.id, '0'.repeat(12)),
      '__Host-imago=',
      `__Host-imago=${shown.id}`,
    ];
    for (const other of wrong)
      expect(at(other), other).to.throw(NotAuthenticated).with.property('why', 'wrong-session');
  });

  it('has a cookie of which a part of another length is none', () => {
    expect(shownSession('__Host-imago=zz')).to.equal(null);
    expect(shownSession('other=1')).to.equal(undefined);
  });
});
