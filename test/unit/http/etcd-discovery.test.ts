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

  it('survives a restart', async () => {
    const token = await newToken('?size=4');
    await call('PUT', `${token}/a`, { value: 'A' });
    const files = new DiscoveryFiles(`${house.folder}/state/etcd-discovery`);
    const { size, members, index } = await new DiscoveryBook(
      files,
      () => false,
      () => 3,
    ).find(token);
    expect({ size, index, members: members.map(({ id, value }) => id + value) }).to.deep.equal({
      size: 4,
      index: 2,
      members: ['aA'],
    });
  });

  it('loses no member of many at once', async () => {
    const token = await newToken();
    const ids = Array.from({ length: 20 }, (_, index) => `m${index}`);
    await Promise.all(ids.map((id) => call('PUT', `${token}/${id}?prevExist=false`, { value: id })));
    const { body, index } = await call('GET', token);
    expect(body.node?.nodes).to.have.length(20);
    expect(index).to.equal(21);
  });
});
