import { z } from 'zod';

export const httpLimitsSection = z
  .strictObject({
    connections: z
      .int()
      .min(16)
      .max(100_000)
      .default(10_000)
      .describe(
        'Connections that are open at once at one listening address. When all places are taken, the one that has been idle for longest goes, a stranger’s first.',
      ),
    connectionsPerAddress: z
      .int()
      .min(4)
      .default(512)
      .describe('Of these, how many one client’s address has. A further one takes the place of its idlest.'),
    waitingRequests: z
      .int()
      .min(0)
      .max(1000)
      .default(16)
      .describe(
        'Requests that wait on one connection while an earlier one is answered (pipelining; apt sends ten).',
      ),
    answerMegabytes: z
      .number()
      .min(16)
      .default(128)
      .describe(
        'What all answers together may hold in memory while their readers take them, in 10^6 bytes: a download holds 0.26 while little is held, and 0.07 else.',
      ),
    answerMegabytesPerAddress: z
      .number()
      .min(1)
      .default(32)
      .describe('Of these, how many the answers to one client’s address hold.'),
    slowAnswerSeconds: z
      .int()
      .min(10)
      .default(120)
      .describe(
        'A reader that takes less than a MiB within so many seconds loses its answer, but only when others find no room. An installer that waits for a slow disk pauses for a minute.',
      ),
    bodyMegabytes: z
      .number()
      .min(16)
      .default(64)
      .describe('What the bodies of all requests together hold in memory, in 10^6 bytes.'),
    bodyMegabytesPerAddress: z
      .number()
      .min(9)
      .default(32)
      .describe(
        'Of these, how many the requests of one client’s address hold. An upload sends pieces of 8.4.',
      ),
    failedLoginsPerMinute: z
      .int()
      .min(1)
      .max(10_000)
      .default(20)
      .describe(
        'Logins of one address that may fail within a minute: tokens that are wrong, expired or revoked, and such certificates and sessions. Further ones wait a second and are answered 429. What is right is let in at once, also from that address.',
      ),
    eventWatchers: z.int().min(1).default(200).describe('Programs that read or watch events at once.'),
    eventWatchersPerAddress: z.int().min(1).default(50).describe('Of these, how many from one address.'),
    eventWatchersPerOperator: z
      .int()
      .min(1)
      .default(20)
      .describe('Of these, how many of one operator; who gives no name is not counted here.'),
  })
  .describe('What clients may hold over HTTP. docs/limits.md tells what happens to those who meet a bound.');

export type HttpLimits = z.output<typeof httpLimitsSection>;
