import { ClusterFolder } from '../../support/cluster-folder.js';
import { describeRecords, plans, scripts } from '../../support/describe-records.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';

describeRecords('kept in a cluster folder', async () => {
  const folder = new ClusterFolder(undefined, [plans, scripts]);
  return { store: await folder.open(), remove: () => folder.remove() };
});

describeRecords('kept in memory, as tests have it', () => {
  const store = new InMemoryHostStore([], undefined, [plans, scripts]);
  return Promise.resolve({ store, remove: () => store.close() });
});
