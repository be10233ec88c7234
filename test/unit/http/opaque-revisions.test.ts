import { expect } from 'chai';
import { missedEvents } from '../../../src/hooks/missed-events.js';
import { newHost } from '../../../src/host/host.js';
import type { Author, Revision } from '../../../src/host/host-store.js';
import { parseSerial } from '../../../src/host/serial.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { openHouse, type House } from '../../support/http-house.js';

const a1 = parseSerial('a1');
const anna: Author = { name: 'anna', kind: 'operator' };

/** Names its changes as a store without Git may. */
class CountingRevisions extends InMemoryHostStore {
  protected override revisionOf(index: number): Revision {
    return `rev-${index}.of_etcd` as Revision;
  }
}

describe('in a store whose revisions are no commits', () => {
  let house: House;
  let store: InMemoryHostStore;

  beforeEach(async () => {
    store = new CountingRevisions();
    house = await openHouse({ store });
    for (const cabinet of [1, 2, 3])
      await store.change(anna, () => [{ host: newHost(a1, { cabinet }), what: `step ${cabinet}` }]);
  });
  afterEach(() => house.close());

  const ask = async (path: string, init?: RequestInit): Promise<unknown> =>
    (await fetch(`${house.url}/api/v1${path}`, init)).json();

  it('history shows them', async () => {
    const { history } = (await ask('/hosts/a1/history')) as { history: { commit: string }[] };
    expect(history.map(({ commit }) => commit)).to.deep.equal([
      'rev-2.of_etcd',
      'rev-1.of_etcd',
      'rev-0.of_etcd',
    ]);
  });

  it('a difference and a rollback go by them', async () => {
    const changes = [{ field: 'Cabinet', before: 1, after: 3 }];
    expect(await ask('/hosts/a1/diff?from=rev-0.of_etcd')).to.deep.include({ changes });
    const back = {
      method: 'POST',
      body: '{"revision": "rev-0.of"}',
      headers: { 'content-type': 'application/json' },
    };
    expect(await ask('/hosts/a1/rollback', back)).to.include({ revision: 'rev-0.of_etcd' });
    expect(store.host(a1)?.cabinet).to.equal(1);
  });

  it('watchers go on from them', async () => {
    const { events } = (await ask('/events?since=rev-1.of_etcd')) as { events: { id: string }[] };
    expect(events.map(({ id }) => id)).to.deep.equal(['rev-2.of_etcd']);
    expect(await missedEvents(store, 'rev-2.of_etcd', ['created'], 10)).to.deep.equal([]);
  });
});
