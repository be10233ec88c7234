import { Agent, request } from 'node:http';
import { expect } from 'chai';
import { connectionLimits } from '../../../src/http/connection-limits.js';
import { DiscoveryBook } from '../../../src/http/etcd/discovery-book.js';
import { DiscoveryFiles } from '../../../src/http/etcd/discovery-files.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';

const known = 'c'.repeat(32);

describe('etcd discovery', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse({ store: new InMemoryHostStore([], known) });
  });
  afterEach(() => house.close());

  interface EtcdAnswer {
    readonly status: number;
    readonly index: number;
    readonly body: {
      action?: string;
      node?: { value?: string; nodes?: { key: string; value: string }[] };
      errorCode?: number;
    };
  }
  const call = async (method: string, path: string, form?: Record<string, string>): Promise<EtcdAnswer> => {
    const answer = await fetch(`${house.url}/etcd/${path}`, {
      method,
      ...(form && { body: new URLSearchParams(form) }),
    });
    return {
      status: answer.status,
      index: Number(answer.headers.get('x-etcd-index')),
      body: (await answer.json()) as EtcdAnswer['body'],
    };
  };
  const newToken = async (query = '') => {
    const answer = await fetch(`${house.url}/etcd/new${query}`, { method: 'PUT' });
    expect(answer.status).to.equal(200);
    const url = await answer.text();
    expect(url).to.match(/^http:\/\/10\.75\.0\.1:4080\/etcd\/[0-9a-f]{32}$/);
    return url.slice(-32);
  };

  it('gives a token with a size', async () => {
    expect((await call('GET', `${await newToken('?size=5')}/_config/size`)).body.node?.value).to.equal('5');
    expect((await call('GET', `${await newToken()}/_config/size`)).body.node?.value).to.equal('3');
    expect((await fetch(`${house.url}/etcd/new?size=x`, { method: 'PUT' })).status).to.equal(400);
    expect((await fetch(`${house.url}/etcd/new?size=0`, { method: 'PUT' })).status).to.equal(400);
  });

  it('knows the tokens of the cluster and its profiles, and no other', async () => {
    expect((await call('GET', known)).status).to.equal(200);
    expect((await call('GET', 'coretoken')).status).to.equal(200);
    for (const token of ['d'.repeat(32), '..%2f..%2fx', 'a b']) {
      const answer = await call('GET', token);
      expect([answer.status, answer.body.errorCode]).to.deep.equal([404, 100]);
    }
  });

  it('begins a cluster with as many members as the configuration says', async () => {
    const other = await openHouse({ config: `${houseConfig}\netcd: { clusterSize: 5 }` });
    const url = await (await fetch(`${other.url}/etcd/new`, { method: 'PUT' })).text();
    const size = await (await fetch(`${other.url}/etcd/${url.slice(-32)}/_config/size`)).text();
    await other.close();
    expect(size).to.include('"value":"5"');
  });

  it('changes the size', async () => {
    const token = await newToken();
    expect((await call('PUT', `${token}/_config/size`, { value: '7' })).body.node?.value).to.equal('7');
    expect((await call('GET', `${token}/_config/size`)).body.node?.value).to.equal('7');
  });

  it('lists members in the order of their arrival, each once', async () => {
    const token = await newToken();
    expect((await call('GET', token)).body.node).not.to.have.property('nodes');
    for (const id of ['b', 'a', 'c']) {
      const created = await call('PUT', `${token}/${id}?prevExist=false`, {
        value: `${id}=http://10.75.0.1:2380`,
      });
      expect([created.status, created.body.action]).to.deep.equal([201, 'create']);
    }
    const again = await call('PUT', `${token}/b?prevExist=false`, { value: 'other' });
    expect([again.status, again.body.errorCode]).to.deep.equal([412, 105]);
    const { body, index } = await call('GET', token);
    expect(index).to.equal(4);
    expect(body.node?.nodes?.map(({ key, value }) => [key.replace(token, 'T'), value])).to.deep.equal([
      ['/_etcd/registry/T/b', 'b=http://10.75.0.1:2380'],
      ['/_etcd/registry/T/a', 'a=http://10.75.0.1:2380'],
      ['/_etcd/registry/T/c', 'c=http://10.75.0.1:2380'],
    ]);
    expect((await call('GET', `${token}/a`)).body.node?.value).to.equal('a=http://10.75.0.1:2380');
    expect((await call('DELETE', `${token}/a`)).body.action).to.equal('delete');
    expect((await call('GET', `${token}/a`)).status).to.equal(404);
    expect((await call('DELETE', `${token}/a`)).status).to.equal(404);
  });

  it('lets a client wait for the next member, or for one that it missed', async () => {
    const token = await newToken();
    const waiting = call('GET', `${token}?wait=true&recursive=true&waitIndex=2`);
    await call('PUT', `${token}/a?prevExist=false`, { value: 'A' });
    expect((await waiting).body).to.deep.include({ action: 'create' });
    expect((await waiting).body.node?.value).to.equal('A');
    expect((await call('GET', `${token}/a?wait=true&waitIndex=2`)).body.node?.value).to.equal('A');
  });

  it('does not keep imago from stopping while a client waits', async () => {
    const other = await openHouse({ store: new InMemoryHostStore([], known) });
    const waiting = fetch(`${other.url}/etcd/${known}?wait=true&recursive=true&waitIndex=9`).then(
      ({ status }) => `answered ${status}`,
      () => 'cut off',
    );
    await (await fetch(`${other.url}/etcd/${known}`)).text();
    const began = Date.now();
    await other.close();
    expect(await waiting).to.be.oneOf(['answered 500', 'cut off']);
    expect(Date.now() - began).to.be.below(connectionLimits.drainTimeout);
  });

  it('says nothing of a client that does not wait for its answer', async () => {
    const log: string[] = [];
    const other = await openHouse({
      store: new InMemoryHostStore([], known),
      logTo: { write: (line) => void log.push(line) },
    });
    const url = `${other.url}/etcd/${known}`;
    const gone = new AbortController();
    const waiting = fetch(`${url}?wait=true&recursive=true&waitIndex=9`, { signal: gone.signal }).catch(
      (error: unknown) => (error instanceof Error ? error.name : 'odd'),
    );
    await (await fetch(url)).text();
    gone.abort();
    expect(await waiting).to.equal('AbortError');
    const isCounted = (text: string) => /etcd.*status="499"\} 1/.test(text);
    const metrics = async () => (await fetch(`${other.url}/metrics`)).text();
    for (let tries = 0; tries < 100 && !isCounted(await metrics()); tries += 1);
    expect(await metrics()).to.satisfy(isCounted);
    await other.close();
    const levels = log.map((line) => (JSON.parse(line) as { level: number }).level);
    expect(Math.max(...levels)).to.be.below(40);
  });

  for (const path of ['', '/a']) {
    it(`answers HEAD at once, whatever it waits for: …/TOKEN${path}`, async () => {
      const token = await newToken();
      await call('PUT', `${token}/a`, { value: 'A' });
      const answer = await fetch(`${house.url}/etcd/${token}${path}?wait=true&waitIndex=99`, {
        method: 'HEAD',
      });
      expect([answer.status, answer.headers.get('x-etcd-index')]).to.deep.equal([200, '2']);
    });
  }

  it('refuses to wait for an index that is none', async () => {
    const answer = await call('GET', `${known}?wait=true&waitIndex=soon`);
    expect([answer.status, answer.body.errorCode]).to.deep.equal([400, 209]);
  });

  for (const { name, id, value } of [
    { name: 'a member without end', id: 'm'.repeat(129), value: 'v' },
    { name: 'a member of control characters', id: '%0a', value: 'v' },
    { name: 'a hidden member', id: '_config', value: 'v' },
    { name: 'a value without end', id: 'm', value: 'v'.repeat(1025) },
    { name: 'a value of more bytes than characters', id: 'm', value: 'ä'.repeat(513) },
    { name: 'a value of two lines', id: 'm', value: 'a\nb' },
  ]) {
    it(`refuses ${name}`, async () => {
      const answer = await call('PUT', `${known}/${id}`, { value });
      expect([answer.status, answer.body.errorCode]).to.deep.equal([400, 209]);
      expect((await call('GET', known)).index).to.equal(1);
    });
  }

  it('lets a few come too late, as those who looked at the same moment do, and no more', async () => {
    const token = await newToken('?size=1');
    const answers = await Promise.all(
      Array.from({ length: 70 }, (_, index) => call('PUT', `${token}/m${index}`, { value: 'v' })),
    );
    const refused = answers.filter(({ status }) => status === 403);
    expect(answers.filter(({ status }) => status === 201)).to.have.length(65);
    expect(refused).to.have.length(5);
    expect(refused[0]?.body).to.deep.include({
      errorCode: 103,
      message: 'Reached the max number of peers in the cluster',
      cause:
        'the cluster has 1 members and 64 that came too late: make it larger with _config/size, or another one',
    });
    expect((await call('PUT', `${token}/m0`, { value: 'again' })).status).to.equal(200);
    expect((await call('PUT', `${token}/_config/size`, { value: '2' })).status).to.equal(200);
    expect((await call('PUT', `${token}/more`, { value: 'v' })).status).to.equal(201);
  });

  describe('with as many clusters as there may be', () => {
    let full: House;
    let now = Date.UTC(2026, 10, 21);
    const log: string[] = [];
    const hour = 3_600_000;
    const make = async () => {
      const answer = await fetch(`${full.url}/etcd/new?size=1`, { method: 'PUT' });
      return { status: answer.status, text: await answer.text() };
    };
    const tokenOf = (made: { text: string }) => made.text.slice(-32);
    const statusOf = async (token: string) => (await fetch(`${full.url}/etcd/${token}`)).status;
    beforeEach(async () => {
      log.length = 0;
      full = await openHouse({
        config: `${houseConfig}\netcd: { maxClusters: 3, unusedHours: 2 }`,
        store: new InMemoryHostStore([], known),
        now: () => new Date(now),
        logTo: { write: (line) => void log.push(line) },
      });
    });
    afterEach(() => full.close());

    const joinIt = (made: { text: string }) =>
      fetch(`${full.url}/etcd/${tokenOf(made)}/m`, { method: 'PUT', body: 'value=v' });

    it('refuses a further one with what to do, on one line of the log, and counts it', async () => {
      for (let joined = 0; joined < 3; joined += 1) await joinIt(await make());
      const made = await Promise.all(Array.from({ length: 7 }, make));
      const refused = made.find(({ status }) => status === 403);
      expect(JSON.parse(refused?.text ?? '')).to.deep.equal({
        errorCode: 103,
        message: 'Reached the max number of peers in the cluster',
        cause:
          'imago keeps 3 clusters, and has so many that were joined: they go when nobody changed them for long; raise etcd.maxClusters for more',
        index: 0,
      });
      const warnings = log.filter((line) => (JSON.parse(line) as { level: number }).level === 40);
      expect(warnings).to.have.length(1);
      const metrics = await (await fetch(`${full.url}/metrics`)).text();
      expect(metrics)
        .to.include('imago_etcd_clusters 3\n')
        .and.include('imago_etcd_refusals_total{reason="clusters"} 7\n');
      now += 61_000;
      await make();
      expect(log.findLast((line) => line.includes('etcd discovery refused'))).to.include('"leftOut":6');
    });

    it('goes on serving the tokens of profiles', async () => {
      await Promise.all(Array.from({ length: 5 }, make));
      const joined = await fetch(`${full.url}/etcd/coretoken/m`, { method: 'PUT', body: 'value=v' });
      expect([joined.status, await statusOf('coretoken')]).to.deep.equal([201, 200]);
    });

    it('drops those that nobody joined in time, and no other', async () => {
      const [joined, unused] = [await make(), await make()];
      await fetch(`${full.url}/etcd/${tokenOf(joined)}/m`, { method: 'PUT', body: 'value=v' });
      now += 2 * hour - 1;
      const young = await make();
      await joinIt(young);
      now += 60_001;
      const fresh = await make();
      expect(fresh.status).to.equal(200);
      expect(
        await Promise.all([joined, unused, young, fresh].map((made) => statusOf(tokenOf(made)))),
      ).to.deep.equal([200, 404, 200, 200]);
    });

    it('gives up what nobody changed for a month only where there is no room left', async () => {
      const old = await make();
      await fetch(`${full.url}/etcd/${tokenOf(old)}/m`, { method: 'PUT', body: 'value=v' });
      now += 31 * 24 * hour;
      const others = [await make(), await make()];
      for (const made of others) {
        expect(made.status).to.equal(200);
        await fetch(`${full.url}/etcd/${tokenOf(made)}/m`, { method: 'PUT', body: 'value=v' });
      }
      expect(await statusOf(tokenOf(old))).to.equal(200);
      now += 61_000;
      expect((await make()).status).to.equal(200);
      expect(await statusOf(tokenOf(old))).to.equal(404);
    });
  });

  it('takes 200 changes of one client at once, then 429; reading goes on, and others do', async function () {
    this.timeout(20_000);
    const token = await newToken();
    const agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress: '127.0.0.2' });
    const ask = (method: string) =>
      new Promise<{ status: number | undefined; retryAfter: string | undefined }>((resolve, reject) => {
        request(`${house.url}/etcd/${token}/m`, { method, agent }, (answer) => {
          answer
            .resume()
            .once('end', () =>
              resolve({ status: answer.statusCode, retryAfter: answer.headers['retry-after'] }),
            );
        })
          .once('error', reject)
          .end();
      });
    try {
      let changes = 0;
      let last = await ask('DELETE');
      // Each second gives one more.
      for (; last.status === 404; changes += 1) last = await ask('DELETE');
      expect(changes).to.be.within(200, 230);
      expect(last).to.deep.equal({ status: 429, retryAfter: '60' });
      expect((await ask('GET')).status).to.equal(404);
      expect((await call('PUT', `${token}/m`, { value: 'V' })).status).to.equal(201);
      const metrics = await (await fetch(`${house.url}/metrics`)).text();
      expect(metrics).to.include('imago_limit_reached_total{limit="etcd-writes"} 1');
    } finally {
      agent.destroy();
    }
  });

  it('survives a restart', async () => {
    const token = await newToken('?size=4');
    await call('PUT', `${token}/a`, { value: 'A' });
    const book = new DiscoveryBook({
      store: new DiscoveryFiles(`${house.folder}/state/etcd-discovery`),
      isKnown: () => false,
      defaultSize: () => 3,
      limits: () => ({ clusters: 10, clustersPerClient: 10, bytes: 1e6, unusedMs: 1e9, idleMs: 1e9 }),
      now: Date.now,
      tell: { kept: () => undefined, refused: () => undefined, dropped: () => undefined },
    });
    const { size, members, index } = await book.find(token);
    expect({ size, index, members: members.map(({ id, value }) => id + value) }).to.deep.equal({
      size: 4,
      index: 2,
      members: ['aA'],
    });
  });

  it('loses no member of many at once', async () => {
    const token = await newToken('?size=20');
    const ids = Array.from({ length: 20 }, (_, index) => `m${index}`);
    await Promise.all(ids.map((id) => call('PUT', `${token}/${id}?prevExist=false`, { value: id })));
    const { body, index } = await call('GET', token);
    expect(body.node?.nodes).to.have.length(20);
    expect(index).to.equal(21);
  });
});
