import { z } from 'zod';

/** What a machine says that it is made of. */
export const Hardware = z.object({
  manufacturer: z.string().optional(),
  product: z.string().optional(),
  memoryBytes: z
    .number()
    .optional()
    .describe('What firmware, or of that the kernel, leaves to systems: somewhat less than is plugged in.'),
  disks: z
    .array(z.object({ name: z.string(), bytes: z.number() }))
    .optional()
    .describe('As its installer tells them; without removable and read-only ones.'),
});
export type Hardware = z.output<typeof Hardware>;

/** A machine that nobody named, and that waits to be accepted, or was rejected. */
export const PendingMachine = z.object({
  code: z.string().describe('Stands on its console, too.'),
  serial: z.string(),
  mac: z.string().optional().describe('The card that it asks by.'),
  address: z.string().optional().describe('Where it asks from.'),
  isLeased: z.boolean().describe('Whether imago leased to that card: else it is only what it says itself.'),
  uuid: z.string().optional(),
  hardware: Hardware.optional(),
  since: z.iso.datetime(),
  lastSeen: z.iso.datetime(),
  rejected: z.iso.datetime().optional().describe('When it was rejected.'),
  by: z.string().optional().describe('Who rejected it.'),
});
export type PendingMachine = z.output<typeof PendingMachine>;

/** `GET /api/v1/pending` */
export const PendingList = z.object({ machines: z.array(PendingMachine) });
export type PendingList = z.output<typeof PendingList>;

/** Its query. */
export const PendingQuery = z.strictObject({
  rejected: z.enum(['true', 'false']).optional().describe('Those that were rejected, instead.'),
});
export type PendingQuery = z.output<typeof PendingQuery>;

/** `POST /api/v1/pending/{machine}/accept`, 201 with the ApiHost that it is then. */
export const Acceptance = z.strictObject({
  profile: z.string().optional().describe('Else the first that still takes one and is for such a machine.'),
});
export type Acceptance = z.output<typeof Acceptance>;
