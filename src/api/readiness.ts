import { z } from 'zod';

/** `GET /ready`: 200, or 503 while changes or leases cannot be recorded. */
export const Readiness = z.object({
  ready: z.boolean(),
  troubles: z.array(z.string()).describe('Of the store, and of the leases.'),
  hosts: z.int(),
  freeAddresses: z.int().describe('For hosts that are still to come.'),
  alarms: z.array(z.object({ code: z.string(), message: z.string(), since: z.iso.datetime() })),
});
export type Readiness = z.output<typeof Readiness>;
