import { z } from 'zod';

export const etcdSection = z
  .strictObject({
    clusterSize: z
      .int()
      .min(1)
      .max(1000)
      .default(3)
      .describe('How many members a cluster begins with whose token was made without a size.'),
    maxClusters: z
      .int()
      .min(1)
      .max(100_000)
      .default(1000)
      .describe(
        'How many clusters there are at most: anybody on the network may make one. Where a further one finds no place, one goes that nobody joined.',
      ),
    maxClustersPerClient: z
      .int()
      .min(1)
      .max(100_000)
      .default(50)
      .describe(
        'How many of them one client has: a network card that has a lease of ours, else an asking address.',
      ),
    unusedHours: z
      .int()
      .min(1)
      .max(8760)
      .default(72)
      .describe(
        'A cluster that nobody has joined after so long is dropped, unless a profile or host names its token.',
      ),
    discoveryUrl: z
      .string()
      .regex(
        /^https?:\/\/[^\s?#]+[^\s?#/]$/,
        'is not the URL of a discovery service, as in https://discovery.etcd.io',
      )
      .optional()
      .describe(
        'A discovery service to use instead of imago’s own. It is asked for the cluster’s token, for `clusterSize` members, until it gives one; machines without one wait. A slash and the token follow.',
      ),
  })
  .describe('How etcd processes find each other. imago serves their discovery itself, below /etcd.');
