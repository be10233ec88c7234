import { ClusterFolder } from '../../support/cluster-folder.js';
import { describeHostStore } from '../../support/describe-host-store.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';

describeHostStore('kept in a cluster folder', async () => {
  const folder = new ClusterFolder();
  return { store: await folder.open(), remove: () => folder.remove() };
});

describeHostStore('kept in memory, as tests have it', () => {
  const store = new InMemoryHostStore();
  return Promise.resolve({ store, remove: () => store.close() });
});
