import { z } from 'zod';

export const etcdSection = z
  .strictObject({
    clusterSize: z
      .int()
      .min(1)
      .max(1000)
      .default(3)
      .describe('How many members a cluster begins with whose token was made without a size.'),
    discoveryUrl: z
      .string()
      .regex(
        /^https?:\/\/[^\s?#]+[^\s?#/]$/,
        'is not the URL of a discovery service, as in https://discovery.etcd.io',
      )
      .optional()
      .describe('A discovery service to use instead of imago’s own; a slash and the token follow.'),
  })
  .describe('How etcd processes find each other. imago serves their discovery itself, below /etcd.');
