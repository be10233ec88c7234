import { expect } from 'chai';
import { EventList } from '../../../src/api/events.js';
import { ChangeLog } from '../../../src/api/past.js';
import { KindList, RecordDiff, RecordList, RecordPut, RecordRollback } from '../../../src/api/records.js';
import { History } from '../../../src/api/schemas.js';
import { LARGEST_RECORD } from '../../../src/host/record-kind.js';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { plans, scripts } from '../../support/describe-records.js';
import { BrokenHostStore, InMemoryHostStore } from '../../support/fake-host-store.js';
import { openHouse, type House } from '../../support/http-house.js';

/** The commits of the store in memory are numbers. */
const commit = (number: number) => number.toString(16).padStart(40, '0');

describe('/api/v1/records', () => {
  let house: House;

  beforeEach(async () => {
    house = await openHouse({ store: new InMemoryHostStore([], 'defaulttoken', [plans, scripts]) });
  });
  afterEach(() => house.close());

  const ask = (path: string, request: RequestInit = {}) =>
    fetch(`${house.url}/api/v1/records${path}`, {
      ...request,
      headers: { 'X-Imago-Operator': 'ada', ...(request.headers as Record<string, string>) },
    });
  const json = async (path: string): Promise<unknown> => (await ask(path)).json();
  const put = (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    ask(path, { method: 'PUT', body, headers });
  const rollBack = (path: string, body: object, headers: Record<string, string> = {}) =>
    ask(`${path}/rollback`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  const remove = (path: string, headers: Record<string, string> = {}) =>
    ask(path, { method: 'DELETE', headers });
  const refusal = async (answer: Response) => {
    expect(answer.headers.get('content-type')).to.equal('application/problem+json');
    const { code, detail } = (await answer.json()) as { code: string; detail: string };
    return { status: answer.status, code, detail };
  };

  it('lists kinds, and the records of one by name, in pages', async () => {
    for (const name of ['c', 'a', 'b']) await put(`/plans/${name}`, '{"size": 1}');
    await put('/scripts/x.sh', 'x');
    expect(KindList.parse(await json('')).kinds).to.deep.equal([
      { kind: 'plans', count: 3, isRaw: false },
      { kind: 'scripts', count: 1, isRaw: true },
    ]);
    expect(RecordList.parse(await json('/plans'))).to.deep.equal({
      records: [
        { name: 'a', revision: commit(1) },
        { name: 'b', revision: commit(2) },
        { name: 'c', revision: commit(0) },
      ],
      total: 3,
    });
    expect(RecordList.parse(await json('/plans?after=a&limit=1'))).to.deep.equal({
      records: [{ name: 'b', revision: commit(2) }],
      total: 3,
    });
    expect((await ask('/plans?limit=0')).status).to.equal(400);
  });

  it('takes what the kind takes, says its commit, and answers with its file', async () => {
    const made = await put('/plans/a', '{ "size":   3 }');
    expect(made.status).to.equal(200);
    expect(RecordPut.parse(await made.json())).to.deep.equal({
      kind: 'plans',
      name: 'a',
      revision: commit(0),
      changed: true,
    });
    const got = await ask('/plans/a');
    expect(await got.text()).to.equal('{"size":3}\n');
    expect(got.headers.get('content-type')).to.equal('application/octet-stream');
    expect(got.headers.get('etag'))
      .to.match(/^"[\w-]{22}"$/)
      .and.to.equal(made.headers.get('etag'));
    const again = RecordPut.parse(await (await put('/plans/a', '{"size":3}')).json());
    expect(again).to.include({ revision: commit(0), changed: false });
  });

  it('keeps every byte of a raw kind', async () => {
    const bytes = Uint8Array.from([0xff, 0, 0xc3, 0x28, 13, 10]);
    await put('/scripts/install.yaml.tmpl', bytes);
    expect(Buffer.from(await (await ask('/scripts/install.yaml.tmpl')).arrayBuffer())).to.deep.equal(
      Buffer.from(bytes),
    );
    await put('/scripts/empty', '');
    const empty = await ask('/scripts/empty');
    expect([empty.status, await empty.text()]).to.deep.equal([200, '']);
  });

  it('takes as much as a file may have, and not a byte more', async () => {
    expect((await put('/scripts/a', 'x'.repeat(LARGEST_RECORD))).status).to.equal(200);
    expect(await refusal(await put('/scripts/a', 'x'.repeat(LARGEST_RECORD + 1)))).to.include({
      status: 413,
      code: 'BODY_TOO_LARGE',
    });
  });

  it('refuses what is no record of the kind, a name that is none, and a kind or a record that is not there', async () => {
    expect(await refusal(await put('/plans/a', '{"size":"big"}'))).to.deep.equal({
      status: 400,
      code: 'INVALID_RECORD',
      detail: "plans/a:1: size: 'big' is not a number",
    });
    const unfit = await refusal(await put('/plans/a%2F..%2Fb', '{"size":1}'));
    expect(unfit).to.include({ status: 400, code: 'INVALID_VALUE' });
    expect(unfit.detail).to.include('it is made of letters, digits and . _ - :');
    for (const answer of [await ask('/others'), await ask('/others/a'), await put('/others/a', '{}')])
      expect(await refusal(answer)).to.deep.equal({
        status: 404,
        code: 'UNKNOWN_KIND',
        detail: "there are no records of the kind 'others': there are plans, scripts",
      });
    for (const path of ['/plans/a', '/plans/a/history', '/plans/a/diff?from=0000'])
      expect(await refusal(await ask(path)), path).to.include({ status: 404, code: 'UNKNOWN_RECORD' });
    expect(await refusal(await remove('/plans/a'))).to.include({ status: 404, code: 'UNKNOWN_RECORD' });
    expect(await refusal(await rollBack('/plans/a', { revision: '0000' }))).to.include({ status: 404 });
  });

  describe('with a condition', () => {
    const size = async () => (await ask('/plans/a')).text();
    let seen: string;

    beforeEach(async () => {
      seen = (await put('/plans/a', '{"size":1}')).headers.get('etag') ?? '';
      await put('/plans/a', '{"size":2}');
    });

    for (const [what, call] of [
      ['a put', (headers: Record<string, string>) => put('/plans/a', '{"size":9}', headers)],
      ['a removal', (headers: Record<string, string>) => remove('/plans/a', headers)],
      [
        'a rollback',
        (headers: Record<string, string>) => rollBack('/plans/a', { revision: commit(0) }, headers),
      ],
      [
        'a dry run',
        (headers: Record<string, string>) =>
          rollBack('/plans/a', { revision: commit(0), dryRun: true }, headers),
      ],
    ] as const)
      it(`${what} is refused when somebody else was quicker, and done when nobody was`, async () => {
        expect(await refusal(await call({ 'If-Match': seen }))).to.deep.equal({
          status: 412,
          code: 'PRECONDITION_FAILED',
          detail: 'plans/a was changed meanwhile: look at it again, then decide',
        });
        expect(await size()).to.equal('{"size":2}\n');
        const now = (await ask('/plans/a')).headers.get('etag') ?? '';
        expect((await call({ 'If-Match': `${seen}, ${now}` })).status).to.be.oneOf([200, 204]);
      });

    it('a put makes only, or replaces only', async () => {
      expect((await put('/plans/a', '{"size":9}', { 'If-None-Match': '*' })).status).to.equal(412);
      expect((await put('/plans/b', '{"size":9}', { 'If-Match': '*' })).status).to.equal(412);
      expect((await put('/plans/b', '{"size":9}', { 'If-Match': seen })).status).to.equal(412);
      expect((await put('/plans/b', '{"size":9}', { 'If-None-Match': '*' })).status).to.equal(200);
      expect((await put('/plans/b', '{"size":8}', { 'If-Match': '*' })).status).to.equal(200);
    });
  });

  describe('on the past', () => {
    beforeEach(async () => {
      await put('/plans/a', '{"size":1,"note":"first"}'); // 0
      await put('/plans/a', '{"size":2}'); // 1
      await remove('/plans/a'); // 2
      await put('/scripts/a.sh', 'one\ntwo\nthree\n'); // 3
      await put('/scripts/a.sh', 'one\nzwei\nzweieinhalb\nthree\n'); // 4
    });

    it('has the history of a record, by author and words, also of one that was removed', async () => {
      const { history } = History.parse(await json('/plans/a/history'));
      expect(history.map((entry) => [entry.commit, entry.author, entry.what])).to.deep.equal([
        [commit(2), 'claimed:ada', 'plan removed'],
        [commit(1), 'claimed:ada', 'put'],
        [commit(0), 'claimed:ada', 'put'],
      ]);
      expect(History.parse(await json('/plans/a/history?limit=1')).history).to.have.length(1);
    });

    for (const [what, path, want] of [
      [
        'two revisions, by fields',
        `/plans/a/diff?from=${commit(0)}&to=${commit(1)}`,
        [
          { field: 'size', before: 1, after: 2 },
          { field: 'note', before: 'first' },
        ],
      ],
      ['a revision and now', `/plans/a/diff?from=${commit(1)}`, [{ field: 'size', before: 2 }]],
      [
        'two texts, by lines',
        `/scripts/a.sh/diff?from=${commit(3)}&to=${commit(4)}`,
        [{ field: 'lines 2-3', before: 'two\n', after: 'zwei\nzweieinhalb\n' }],
      ],
      ['a revision and the same', `/scripts/a.sh/diff?from=${commit(4)}`, []],
    ] as const)
      it(`says what differs between ${what}`, async () => {
        expect(RecordDiff.parse(await json(path)).changes).to.deep.equal(want);
      });

    it('names the revisions that it compares, and refuses those of others', async () => {
      expect(RecordDiff.parse(await json(`/plans/a/diff?from=${commit(0)}&to=${commit(1)}`))).to.include({
        kind: 'plans',
        name: 'a',
        from: commit(0),
        to: commit(1),
      });
      expect(await refusal(await ask(`/plans/a/diff?from=${commit(3)}`))).to.include({
        status: 404,
        code: 'UNKNOWN_REVISION',
      });
    });

    it('goes back, also to before a removal, first only saying so', async () => {
      const preview = await rollBack('/plans/a', { revision: commit(1), dryRun: true });
      const changes = [{ field: 'size', after: 2 }];
      expect(RecordRollback.parse(await preview.json())).to.deep.equal({
        kind: 'plans',
        name: 'a',
        revision: commit(1),
        changes,
      });
      expect((await ask('/plans/a')).status).to.equal(404);
      const done = await rollBack('/plans/a', { revision: commit(1) });
      expect(RecordRollback.parse(await done.json()).changes).to.deep.equal(changes);
      const got = await ask('/plans/a');
      expect(await got.text()).to.equal('{"size":2}\n');
      expect(got.headers.get('etag')).to.equal(done.headers.get('etag'));
      const [last] = History.parse(await json('/plans/a/history')).history;
      expect(last).to.include({ what: 'rolled back to 0000000000', author: 'claimed:ada' });
    });

    it('does not go back to a removal', async () => {
      expect(await refusal(await rollBack('/plans/a', { revision: commit(2) }))).to.deep.equal({
        status: 409,
        code: 'ROLLBACK_FORBIDDEN',
        detail:
          'plans/a cannot go back to 0000000000: that commit removed it: choose an earlier one, or remove it',
      });
    });

    it('stands in the log and among events, with the hosts', async () => {
      await house.store.change({ name: 'ser1', kind: 'machine' }, () => [
        { host: newHost(parseSerial('ser1')), what: 'host created' },
      ]);
      const log = async (query = '') =>
        ChangeLog.parse(await (await fetch(`${house.url}/api/v1/log${query}`)).json()).changes;
      const events = async (query = '') =>
        EventList.parse(await (await fetch(`${house.url}/api/v1/events${query}`)).json()).events;
      const [host, script] = await log();
      expect(host)
        .to.deep.include({ serial: 'ser1', what: 'host created' })
        .and.not.to.have.property('record');
      expect(script).to.deep.include({
        serial: '',
        record: 'scripts/a.sh',
        commit: commit(4),
        what: 'script put',
      });
      expect((await log('?record=plans/a')).map(({ what }) => what)).to.deep.equal([
        'plan removed',
        'put',
        'put',
      ]);
      expect(await log('?serial=ser1')).to.have.length(1);
      expect((await events()).map((event) => [event.serial, event.record, event.code])).to.deep.equal([
        ['', 'plans/a', 'put'],
        ['', 'plans/a', 'put'],
        ['', 'plans/a', 'removed'],
        ['', 'scripts/a.sh', 'put'],
        ['', 'scripts/a.sh', 'put'],
        ['ser1', undefined, 'created'],
      ]);
      expect((await events('?record=plans/a')).map(({ what }) => what)).to.deep.equal([
        'put',
        'put',
        'plan removed',
      ]);
      expect(await events(`?since=${commit(4)}`)).to.have.length(1);
      expect(await events('?serial=ser1')).to.have.length(1);
    });

    it('is the same in the log and among events after a restart', async () => {
      const { store } = house;
      const before = EventList.parse(await (await fetch(`${house.url}/api/v1/events`)).json());
      await house.close();
      house = await openHouse({ store });
      expect(EventList.parse(await (await fetch(`${house.url}/api/v1/events`)).json())).to.deep.equal(before);
    });
  });

  it('says so when nothing can be recorded', async () => {
    await house.close();
    house = await openHouse({ store: new BrokenHostStore([], 'defaulttoken', [plans, scripts]) });
    expect(await refusal(await put('/plans/a', '{"size":1}'))).to.include({
      status: 503,
      code: 'STORE_UNAVAILABLE',
    });
  });
});
