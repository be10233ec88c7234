import { ImagoError } from '../errors.js';
import { encodeCommit } from '../git/commit.js';
import type { ObjectId } from '../git/object.js';
import { PackBuilder } from '../git/pack-builder.js';
import { FILE_MODE, encodeTree } from '../git/tree.js';
import { IMAGO, signatureOf } from './change-batch.js';
import { formatClusterFile, type ClusterSettings } from './cluster-file.js';
import type { DiskClient } from './disk-client.js';
import { CLUSTER_FILE } from './layout.js';

/** The first commit: the cluster's own file. @throws CannotCreateCluster */
export async function createCluster(
  disk: DiskClient,
  settings: ClusterSettings,
  time: Date,
): Promise<ObjectId> {
  const content = Buffer.from(formatClusterFile(settings), 'utf8');
  const pack = new PackBuilder();
  const id = pack.add('blob', content);
  const tree = pack.add('tree', encodeTree([{ mode: FILE_MODE, name: CLUSTER_FILE, id }]));
  const signature = signatureOf(IMAGO, time);
  const commit = encodeCommit({
    tree: tree.toString('hex'),
    parents: [],
    author: signature,
    committer: signature,
    message: 'cluster: created',
  });
  const next = pack.add('commit', commit).toString('hex');
  const files = [{ path: CLUSTER_FILE, content, id }];
  const outcome = await disk.flush({ number: 0, expected: undefined, next, files, ...pack.finish() });
  if (outcome.kind === 'durable') return next;
  throw new CannotCreateCluster(
    outcome.kind === 'failed' ? outcome.message : 'another program commits to it',
  );
}

class CannotCreateCluster extends ImagoError {
  readonly code = 'CANNOT_CREATE_CLUSTER';

  constructor(reason: string) {
    super(
      `the cluster folder cannot be written (${reason}): check paths.clusters and the rights and space there`,
    );
  }
}
