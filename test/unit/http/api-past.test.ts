import { expect } from 'chai';
import { ChangeLog, HostDiff, Rollback, Timeline } from '../../../src/api/past.js';
import { History } from '../../../src/api/schemas.js';
import { newHost, type Host } from '../../../src/host/host.js';
import type { HostState } from '../../../src/host/lifecycle.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { openHouse, type House } from '../../support/http-house.js';

const a1 = parseSerial('a1');
const b1 = parseSerial('b1');

/** The commits of the store in memory are numbers. */
const commit = (number: number) => number.toString(16).padStart(40, '0');

describe('/api/v1 on the past', () => {
  let house: House;
  let store: InMemoryHostStore;

  const record = (author: string, host: Host, what: string, retired = false) =>
    store.change({ name: author, kind: 'operator' }, () => [{ host, what, retired }]);
  const step = (state: HostState, facts: Partial<Host> = {}) =>
    newHost(a1, { state, profile: 'default', internalAddress: parseIpv4('10.75.0.20'), ...facts });

  beforeEach(async () => {
    store = new InMemoryHostStore();
    house = await openHouse({ store, now: () => new Date('2026-01-01T00:01:00Z') });
    await record('a1', newHost(a1), 'host created'); // 0
    await record('a1', step('configured', { hostname: 'first' }), 'updated host profile and metadata'); // 1
    await record('a1', step('installing', { hostname: 'first' }), 'updated host state to installing'); // 2
    const running = { bootMac: parseMac('52:54:00:00:00:01'), osVersion: 'v1' };
    await record('a1', step('running', { ...running, hostname: 'first' }), 'updated state to running'); // 3
    await record('anna', step('running', { ...running, cabinet: 9 }), 'updated host name'); // 4
    await record('b1', newHost(b1), 'host created'); // 5
  });
  afterEach(() => house.close());

  const ask = (path: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(`${house.url}/api/v1${path}`, {
      ...(body !== undefined && {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      }),
    });
  const answer = async (path: string, body?: unknown): Promise<unknown> => (await ask(path, body)).json();

  for (const { query, want } of [
    { query: '', want: [5, 4, 3, 2, 1, 0] },
    { query: '?limit=2', want: [5, 4] },
    { query: '?serial=A1&state=running', want: [4, 3] },
    { query: '?author=anna', want: [4] },
    { query: '?since=2026-01-01T00:00:04Z', want: [5, 4] },
    { query: '?since=2026-01-01T01:00:01%2B01:00&until=2026-01-01T00:00:02Z', want: [2, 1] },
    { query: '?author=nobody', want: [] },
  ]) {
    it(`logs ${query === '' ? 'everything' : query}, newest first`, async () => {
      const { changes } = ChangeLog.parse(await answer(`/log${query}`));
      expect(changes.map((change) => change.commit)).to.deep.equal(want.map(commit));
    });
  }

  it('tells the newest so many changes of a machine', async () => {
    const { history } = History.parse(await answer('/hosts/a1/history?limit=2'));
    expect(history.map((entry) => entry.commit)).to.deep.equal([4, 3].map(commit));
    const { timeline } = Timeline.parse(await answer('/hosts/a1/timeline?limit=3'));
    expect(timeline.map(({ state }) => state)).to.deep.equal(['installing', 'running']);
    for (const path of ['/hosts/a1/history', '/hosts/a1/timeline', '/log'])
      expect((await ask(`${path}?limit=10001`)).status, path).to.equal(400);
  });

  it('logs who did what to which machine, and its state then', async () => {
    const { changes } = ChangeLog.parse(await answer('/log?author=anna'));
    expect(changes).to.deep.equal([
      {
        commit: commit(4),
        time: '2026-01-01T00:00:04.000Z',
        author: 'anna',
        serial: 'a1',
        what: 'updated host name',
        state: 'running',
      },
    ]);
  });

  it('tells how long it stayed in each state, until now', async () => {
    expect(Timeline.parse(await answer('/hosts/a1/timeline')).timeline).to.deep.equal([
      { state: 'unknown', since: '2026-01-01T00:00:00.000Z', seconds: 1 },
      { state: 'configured', since: '2026-01-01T00:00:01.000Z', seconds: 1 },
      { state: 'installing', since: '2026-01-01T00:00:02.000Z', seconds: 1 },
      { state: 'running', since: '2026-01-01T00:00:03.000Z', seconds: 57 },
    ]);
  });

  it('ends the last stay of a machine that was retired', async () => {
    await record('anna', step('running'), 'host retired', true);
    const { timeline } = Timeline.parse(await answer('/hosts/a1/timeline'));
    expect(timeline.at(-1)).to.deep.include({ state: 'running', seconds: 3 });
  });

  it('shows what differs between a commit and now, and between two', async () => {
    expect(HostDiff.parse(await answer(`/hosts/a1/diff?from=${commit(3)}`))).to.deep.equal({
      serial: 'a1',
      from: commit(3),
      changes: [
        { field: 'Hostname', before: 'first' },
        { field: 'Cabinet', after: 9 },
      ],
    });
    const between = HostDiff.parse(await answer(`/hosts/a1/diff?from=${commit(1)}&to=${commit(2)}`));
    expect(between).to.deep.equal({
      serial: 'a1',
      from: commit(1),
      to: commit(2),
      changes: [{ field: 'State', before: 'configured', after: 'installing' }],
    });
  });

  it('goes back to earlier settings as a commit of the operator; what the machine reported stays', async () => {
    const dry = Rollback.parse(await answer('/hosts/a1/rollback', { revision: commit(2), dryRun: true }));
    expect(store.recorded).to.have.length(6);
    const answered = await ask('/hosts/a1/rollback', { revision: commit(2) }, { 'x-imago-operator': 'eve' });
    expect(answered.headers.get('etag')).to.match(/^"/);
    expect(Rollback.parse(await answered.json())).to.deep.equal(dry);
    expect(dry).to.deep.equal({
      serial: 'a1',
      revision: commit(2),
      changes: [
        { field: 'Cabinet', before: 9 },
        { field: 'Hostname', after: 'first' },
      ],
    });
    expect(store.recorded.at(-1)).to.include({ author: 'claimed:eve', what: 'rolled back to 0000000000' });
    expect(store.host(a1)).to.include({
      hostname: 'first',
      state: 'running',
      bootMac: '52:54:00:00:00:01',
      osVersion: 'v1',
    });
    await ask('/hosts/a1/rollback', { revision: commit(2) });
    expect(store.recorded, 'a second time there is nothing to do').to.have.length(7);
  });

  it('does not go back when somebody else changed the host meanwhile', async () => {
    const refused = await ask('/hosts/a1/rollback', { revision: commit(3) }, { 'if-match': '"old"' });
    expect(refused.status).to.equal(412);
    expect(store.recorded).to.have.length(6);
  });

  it('does not go back to an address that another machine has by now', async () => {
    const moved = { ...step('running'), internalAddress: parseIpv4('10.75.0.21') };
    await record('anna', moved, 'edited conf.json');
    await record(
      'b1',
      newHost(b1, { internalAddress: parseIpv4('10.75.0.20') }),
      'updated host InternalAddr',
    );
    const refused = await ask('/hosts/a1/rollback', { revision: commit(4) });
    expect(refused.status).to.equal(409);
    expect(await refused.json()).to.include({ code: 'ADDRESS_TAKEN', holder: 'b1' });
  });

  for (const { what, path, body, status, code } of [
    {
      what: 'before it had its place',
      path: '/hosts/a1/rollback',
      body: { revision: commit(0) },
      status: 409,
      code: 'ROLLBACK_FORBIDDEN',
    },
    {
      what: 'to a commit of another machine',
      path: '/hosts/a1/rollback',
      body: { revision: commit(5) },
      status: 404,
      code: 'UNKNOWN_REVISION',
    },
    {
      what: 'to no commit',
      path: '/hosts/a1/rollback',
      body: { revision: 'HEAD~1' },
      status: 400,
      code: 'BAD_REQUEST',
    },
    {
      what: 'a machine that is not there',
      path: '/hosts/c1/rollback',
      body: { revision: commit(0) },
      status: 404,
      code: 'UNKNOWN_HOST',
    },
    {
      what: 'a difference to nothing',
      path: '/hosts/a1/diff?from=ffff',
      status: 404,
      code: 'UNKNOWN_REVISION',
    },
    { what: 'a timeline of nobody', path: '/hosts/c1/timeline', status: 404, code: 'UNKNOWN_HOST' },
    { what: 'a log since no time', path: '/log?since=yesterday', status: 400, code: 'BAD_REQUEST' },
  ]) {
    it(`refuses ${what}`, async () => {
      const refused = await ask(path, body);
      expect(await refused.json()).to.include({ status, code });
      expect(refused.status).to.equal(status);
    });
  }

  it('does not go back past the end of a host that was retired', async () => {
    await record('anna', step('running'), 'host retired', true); // 6
    await record('a1', step('configured'), 'host created'); // 7
    const refused = await ask('/hosts/a1/rollback', { revision: commit(6) });
    expect(await refused.json()).to.include({ code: 'ROLLBACK_FORBIDDEN' });
  });
});
