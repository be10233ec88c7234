import { expect } from 'chai';
import { lastChange, missedEvents } from '../../../src/hooks/missed-events.js';
import { newHost } from '../../../src/host/host.js';
import type { Serial } from '../../../src/host/serial.js';
import { parseSerial } from '../../../src/host/serial.js';
import { plans } from '../../support/describe-records.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';

class CountingStore extends InMemoryHostStore {
  histories = 0;
  looks = 0;

  override history(serial: Serial) {
    this.histories += 1;
    return super.history(serial);
  }

  override hostAt(serial: Serial, revision: string) {
    this.looks += 1;
    return super.hostAt(serial, revision);
  }
}

describe('missedEvents', () => {
  const serial = parseSerial('busy');
  let store: CountingStore;

  beforeEach(async () => {
    store = new CountingStore([], undefined, [plans]);
    await store.change({ name: 'ada', kind: 'operator' }, () =>
      Array.from({ length: 2000 }, (_, index) => ({
        host: newHost(serial, { state: index % 2 === 0 ? 'installing' : 'running' }),
        what: `step ${index}`,
      })),
    );
  });

  const commit = (index: number) => store.recorded[index]?.revision ?? '';
  const whats = async (after: string | undefined, most: number) =>
    (await missedEvents(store, after, ['running'], most))?.map(({ what }) => what);

  it('tells what came after, oldest first', async () => {
    expect(await whats(commit(1994), 100)).to.deep.equal(['step 1995', 'step 1997', 'step 1999']);
    expect(await whats(commit(1999), 100)).to.deep.equal([]);
    expect(await whats(undefined, 2)).to.deep.equal(['step 1997', 'step 1999']);
    expect(await whats(undefined, 5000)).to.have.length(1000);
  });

  it('passes over records that are no machines, and goes on from a change of one', async () => {
    const anna = { name: 'anna', kind: 'operator' } as const;
    const put = (size: number) =>
      store.records(plans).change('web', () => ({ record: { size }, code: 'put' }), anna);
    await put(1);
    const seen = await lastChange(store);
    expect(seen).to.equal((await store.records(plans).history('web'))[0]?.revision);
    await put(2);
    await store.change(anna, () => [{ host: newHost(serial, { state: 'running' }), what: 'stays so' }]);
    await store.change(anna, () => [{ host: newHost(serial, { state: 'installing' }), what: 'again' }]);
    await put(3);
    await store.change(anna, () => [{ host: newHost(serial, { state: 'running' }), what: 'runs' }]);
    expect(await whats(seen, 100)).to.deep.equal(['runs']);
    expect(await whats(commit(1998), 100)).to.deep.equal(['step 1999', 'runs']);
  });

  it('has nothing to say of a change that is not in the log', async () => {
    expect(await whats('f'.repeat(40), 5000)).to.equal(undefined);
  });

  it('reads the past of a machine once, and no more changes than it tells', async () => {
    expect(await whats(commit(0), 10)).to.have.length(10);
    expect(store.histories).to.equal(1);
    expect(store.looks).to.be.at.most(2 * 20);
  });
});
