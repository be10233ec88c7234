import { z } from 'zod';

export const grpcLimitsSection = z
  .strictObject({
    connections: z
      .int()
      .min(4)
      .max(10_000)
      .default(256)
      .describe(
        'Connections that are open at once at one gRPC listener. When all places are taken, the one that has been idle for longest goes, one without a certificate first.',
      ),
    connectionsPerAddress: z
      .int()
      .min(1)
      .default(32)
      .describe('Of these, how many one address has. A further one takes the place of its idlest.'),
    calls: z.int().min(1).max(10_000).default(128).describe('Calls that are not over, of one gRPC listener.'),
    callsPerAddress: z.int().min(1).default(64).describe('The same, of one address.'),
    callSeconds: z
      .number()
      .min(1)
      .max(600)
      .default(30)
      .describe('How long a call may take, from its beginning until its answer is taken.'),
    idleSeconds: z
      .number()
      .min(1)
      .max(86_400)
      .default(300)
      .describe('How long a connection may be without a call.'),
  })
  .describe('What callers of gRPC may hold.');
