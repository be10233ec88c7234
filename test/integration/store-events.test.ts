import { expect } from 'chai';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Event } from '../../src/api/events.js';
import { EventFeed } from '../../src/http/event-feed.js';
import { ProgressBoard } from '../../src/provision/progress-board.js';
import { ClusterFolder, eventually } from '../support/cluster-folder.js';

const silent = { subscribe: () => () => undefined };

describe('the events of a cluster folder', function () {
  this.timeout(20_000);
  let folder: ClusterFolder;
  let feed: EventFeed;

  beforeEach(async () => {
    folder = new ClusterFolder();
    await folder.open();
    feed = new EventFeed({
      store: folder.store,
      progress: new ProgressBoard(),
      stuck: silent,
      joining: silent,
    });
    for (const serial of ['ser1', 'ser2', 'ser3']) await folder.put(serial, 'host created');
  });
  afterEach(async () => {
    feed.close();
    await folder.remove();
  });

  /** An operator's commit of all three. */
  const commitByHand = (): void => {
    for (const serial of ['ser1', 'ser2', 'ser3']) {
      mkdirSync(dirname(folder.path(serial)), { recursive: true });
      writeFileSync(folder.path(serial), folder.read(serial).replace('"unknown"', '"configured"'));
    }
    folder.git('commit', '-q', '-am', 'all three');
  };
  const ids = (events: readonly Event[]) => events.map(({ id }) => id);

  it('are the same, with the same ids, live, from memory, and after a restart', async () => {
    const live: Event[] = [];
    feed.watch((event) => live.push(event));
    const before = await feed.since(undefined);
    await eventually(() => {
      expect(folder.git('status', '--porcelain')).to.equal('');
    });
    commitByHand();
    await eventually(() => {
      expect(live).to.have.length(3);
    });
    await folder.put('ser1', 'one more');
    expect(new Set(ids(live)).size, 'each has an id of its own').to.equal(4);
    expect(ids(await feed.since(undefined))).to.deep.equal([...ids(before), ...ids(live)]);
    feed.close();
    await folder.open();
    feed = new EventFeed({
      store: folder.store,
      progress: new ProgressBoard(),
      stuck: silent,
      joining: silent,
    });
    expect(ids(await feed.since(undefined))).to.deep.equal([...ids(before), ...ids(live)]);
    for (const [position, { id }] of live.entries())
      expect(ids(await feed.since(id)), id).to.deep.equal(ids(live).slice(position + 1));
  });

  it('go on in the middle of a commit of several machines that is no longer remembered', async () => {
    await eventually(() => {
      expect(folder.git('status', '--porcelain')).to.equal('');
    });
    commitByHand();
    await eventually(() => {
      expect(folder.host('ser3')?.state).to.equal('configured');
    });
    const all = await feed.since(undefined);
    const shared = all.filter(({ id }) => id.includes('.'));
    expect(shared).to.have.length(3);
    await Promise.all(Array.from({ length: 1100 }, (_, index) => folder.put('ser1', `step ${index}`)));
    for (const [position, { id }] of shared.entries()) {
      const rest = await feed.since(id);
      expect(ids(rest.slice(0, 2 - position)), id).to.deep.equal(ids(shared).slice(position + 1));
      expect(rest).to.have.length(1100 + 2 - position);
    }
  });
});
