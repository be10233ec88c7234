import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { shownToken } from '../../../src/access/operator-token.js';
import { TokensFile } from '../../../src/access/tokens-file.js';
import { Tokens, type TokenDeed } from '../../../src/access/tokens.js';
import { StoreUnavailable } from '../../../src/host/errors.js';
import { codeOf, rejection } from '../../support/rejection.js';

const START = Date.UTC(2026, 10, 29, 10, 0, 30);
const HOUR = 3_600_000;

describe('the tokens of operators', () => {
  let folder: string;
  let path: string;
  let now: number;
  let deeds: TokenDeed[];
  let warnings: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imago-tokens-'));
    path = join(folder, 'tokens.json');
    now = START;
    deeds = [];
    warnings = [];
  });
  afterEach(() => rm(folder, { recursive: true }));

  const parts = () => ({
    file: new TokensFile(path),
    audit: (deed: TokenDeed) => Promise.resolve(void deeds.push(deed)),
    clock: () => new Date(now),
    log: { warn: (_facts: object, message: string) => void warnings.push(message) },
  });
  const open = (more: object = {}) => Tokens.open({ ...parts(), ...more });
  const judged = (tokens: Tokens, text: string) => tokens.judge(shownToken(`Bearer ${text}`) ?? null);
  const secretOf = (text: string) => text.split('_')[2] ?? '';

  it('prove who asks from the moment that they are made, and after a restart', async () => {
    const tokens = await open();
    const { text, token } = await tokens.create({ name: 'ada', role: 'operator' }, 'root');
    expect(judged(tokens, text)).to.deep.include({ is: 'good' });
    const later = await open();
    expect(judged(later, text)).to.have.nested.include({
      is: 'good',
      'token.name': 'ada',
      'token.role': 'operator',
    });
    expect(later.list().map(({ id, createdBy }) => [id, createdBy])).to.deep.equal([[token.id, 'root']]);
  });

  it('are not last used before they were made, though the minute is what is kept of that', async () => {
    const tokens = await open();
    now += 30_000;
    const { text, token } = await tokens.create({ name: 'ada', role: 'viewer' }, 'root');
    judged(tokens, text);
    expect(tokens.list()[0]?.lastUsed).to.equal(token.created);
  });

  it('are kept as hashes, in a file that nobody else reads', async () => {
    const tokens = await open();
    const { text } = await tokens.create({ name: 'ada', role: 'admin' }, 'root');
    expect(await readFile(path, 'utf8')).not.to.include(secretOf(text));
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
    expect(JSON.stringify([tokens.list(), deeds])).not.to.include(secretOf(text));
  });

  it('are durable before they are answered: what dies on the way to disk never was', async () => {
    const tokens = await open();
    const { text } = await tokens.create({ name: 'ada', role: 'viewer' }, 'root');
    // As kill -9 leaves it when it comes in the middle of the next one.
    await writeFile(`${path}.new`, '{"format":1,"tokens":[{"id":', { mode: 0o600 });
    const again = await open();
    expect(judged(again, text).is).to.equal('good');
    await again.create({ name: 'bob', role: 'viewer' }, 'root');
    expect(await readdir(folder)).to.deep.equal(['tokens.json']);
  });

  it('hold no more once they are revoked, at once and after a restart', async () => {
    const tokens = await open();
    const { text, token } = await tokens.create({ name: 'ada', role: 'admin' }, 'root');
    const over = tokens.whenOver(token.id);
    await tokens.revoke(token.id, 'eve');
    expect(over.aborted).to.equal(true);
    for (const each of [tokens, await open()]) {
      expect(judged(each, text)).to.have.nested.include({ is: 'revoked', 'token.name': 'ada' });
      expect(each.list()).to.deep.equal([]);
      expect(codeOf(await rejection(each.revoke(token.id, 'eve')))).to.equal('UNKNOWN_TOKEN');
    }
    expect(deeds.map(({ what, by, token: { name } }) => `${by} ${what} ${name}`)).to.deep.equal([
      'root created ada',
      'eve revoked ada',
    ]);
  });

  it('hold no more once they have expired, and end what is watched with them', async () => {
    const clock = sinon.useFakeTimers({ now: START, toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    try {
      const tokens = await open({ clock: () => new Date() });
      const expires = new Date(START + 60 * 24 * HOUR); // longer than a timer of Node's waits
      const { text, token } = await tokens.create({ name: 'ada', role: 'admin', expires }, 'root');
      const over = tokens.whenOver(token.id);
      clock.tick(60 * 24 * HOUR - 1);
      expect([judged(tokens, text).is, over.aborted]).to.deep.equal(['good', false]);
      clock.tick(1);
      expect([judged(tokens, text).is, over.aborted]).to.deep.equal(['expired', true]);
      expect(
        tokens.list().map(({ id }) => id),
        'an admin sees that it has expired',
      ).to.deep.equal([token.id]);
      await tokens.close();
    } finally {
      clock.restore();
    }
  });

  it('are not made for a time that is over', async () => {
    const wanted = { name: 'ada', role: 'admin', expires: new Date(START) } as const;
    expect((await rejection((await open()).create(wanted, 'root'))).message).to.match(
      /^expires: .* is not a time to come/,
    );
  });

  it('are 1,000 at most; those that are over give way, the oldest first, and none that holds', async () => {
    const tokens = await open({ file: { read: () => Promise.resolve([]), save: () => Promise.resolve() } });
    const made = [];
    for (let count = 0; count < 1000; count += 1)
      made.push(await tokens.create({ name: `n${count}`, role: 'viewer' }, 'root'));
    const more = () => tokens.create({ name: 'more', role: 'viewer' }, 'root');
    expect(codeOf(await rejection(more()))).to.equal('TOKENS_FULL');
    const [first, second] = [made[7], made[3]];
    await tokens.revoke(first?.token.id ?? '', 'root');
    await tokens.revoke(second?.token.id ?? '', 'root');
    await more();
    expect(judged(tokens, second?.text ?? '').is, 'forgotten').to.equal('wrong');
    expect(judged(tokens, first?.text ?? '').is, 'still remembered').to.equal('revoked');
    await more();
    expect(codeOf(await rejection(more()))).to.equal('TOKENS_FULL');
  });

  it('tell wrong secrets, unknown ids and texts of other kinds alike', async () => {
    const tokens = await open();
    const { token } = await tokens.create({ name: 'ada', role: 'admin' }, 'root');
    for (const text of [
      `imago_${token.id}_${'0'.repeat(40)}`,
      `imago_000000000000_${'0'.repeat(40)}`,
      'ghp_x',
    ])
      expect(judged(tokens, text)).to.deep.equal({ is: 'wrong' });
  });

  it('are written to disk for their use once an hour, and told to the minute', async () => {
    const clock = sinon.useFakeTimers({ now: START, toFake: ['setTimeout', 'clearTimeout'] });
    let saves = 0;
    let saved = Promise.resolve();
    const file = new TokensFile(path);
    const save: typeof file.save = (all) => {
      saves += 1;
      return (saved = file.save(all));
    };
    try {
      const tokens = await open({ file: { read: () => file.read(), save } });
      const { text } = await tokens.create({ name: 'ada', role: 'admin' }, 'root');
      expect(saves).to.equal(1);
      for (let call = 0; call < 3600; call += 1, now += 990) {
        judged(tokens, text);
        clock.tick(990);
      }
      expect(saves).to.equal(2);
      await saved;
      expect(tokens.list()[0]?.lastUsed).to.equal('2026-11-29T10:59:00.000Z');
      now += HOUR;
      judged(tokens, text);
      clock.tick(10_000);
      await saved;
      expect(saves).to.equal(3);
      now += HOUR;
      judged(tokens, text);
      await tokens.close();
      expect(saves).to.equal(4);
      expect((await open()).list()[0]?.lastUsed).to.equal('2026-11-29T12:59:00.000Z');
      await tokens.close();
      expect(saves, 'nothing is new').to.equal(4);
    } finally {
      clock.restore();
    }
  });

  it('are no more than before when the disk takes nothing; revoked ones stay revoked, and it can be tried again', async () => {
    let isFull = false;
    const file = new TokensFile(path);
    const save: typeof file.save = (all) =>
      isFull ? Promise.reject(new StoreUnavailable('no room', 'full')) : file.save(all);
    const tokens = await open({ file: { read: () => file.read(), save } });
    const { text, token } = await tokens.create({ name: 'ada', role: 'admin' }, 'root');
    isFull = true;
    expect(codeOf(await rejection(tokens.create({ name: 'bob', role: 'admin' }, 'root')))).to.equal(
      'STORE_UNAVAILABLE',
    );
    expect(tokens.list().map(({ name }) => name)).to.deep.equal(['ada']);
    expect(codeOf(await rejection(tokens.revoke(token.id, 'root')))).to.equal('STORE_UNAVAILABLE');
    expect(judged(tokens, text).is).to.equal('revoked');
    isFull = false;
    await tokens.revoke(token.id, 'root');
    expect(judged(await open(), text).is).to.equal('revoked');
  });

  it('are not made where the audit cannot be written', async () => {
    const tokens = await open({ audit: () => Promise.reject(new Error('no room')) });
    await rejection(tokens.create({ name: 'ada', role: 'admin' }, 'root'));
    expect(tokens.list()).to.deep.equal([]);
    expect(await readdir(folder)).to.deep.equal([]);
  });

  describe('keep imago from starting', () => {
    const one = {
      id: '0123456789ab',
      name: 'ada',
      role: 'admin',
      sha256: '0'.repeat(64),
      created: '2026-11-29T10:00:00.000Z',
      createdBy: 'root',
    };
    for (const { name, text, mode = 0o600, says } of [
      {
        name: 'when others can read the file',
        text: '',
        mode: 0o644,
        says: /mode 0644.*chmod 600 .*tokens\.json, and revoke/,
      },
      { name: 'when its group can write it', text: '', mode: 0o620, says: /mode 0620/ },
      {
        name: 'when it is no JSON',
        text: '{"format":1,"tok',
        says: /damaged \(it is no JSON.*bring it back.*Unix socket/,
      },
      { name: 'when it is empty', text: '', says: /damaged/ },
      { name: 'when it is of another format', text: '{"format":2,"tokens":[]}', says: /damaged \(format: / },
      {
        name: 'when a token has no hash',
        text: JSON.stringify({ format: 1, tokens: [{ ...one, sha256: '' }] }),
        says: /tokens\.0\.sha256/,
      },
      {
        name: 'when a role is unknown',
        text: JSON.stringify({ format: 1, tokens: [{ ...one, role: 'god' }] }),
        says: /tokens\.0\.role/,
      },
      {
        name: 'when two have one id',
        text: JSON.stringify({ format: 1, tokens: [one, one] }),
        says: /two tokens have one id/,
      },
    ]) {
      it(name, async () => {
        await writeFile(path, text);
        await chmod(path, mode);
        const error = await rejection(open());
        expect(codeOf(error)).to.equal('TOKENS_UNUSABLE');
        expect(error.message).to.match(says);
      });
    }

    it('when a link stands in its place', async () => {
      await symlink('/etc/hostname', path);
      expect((await rejection(open())).message).to.include('it is a link');
    });
  });
});
