import { z } from 'zod';

const Instant = z.iso.datetime();

export const RefusalQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('How many at most.'),
});

/** What was refused, as often as it was within ten minutes; or what an admin did to a token. */
export const Refusal = z.object({
  time: Instant,
  until: Instant.optional().describe('When it was refused last, where that was more than once.'),
  count: z.int(),
  reason: z
    .string()
    .describe(
      'nothing-shown, wrong-token, expired-token, revoked-token, wrong-certificate, wrong-session, wrong-login, role, foreign-page, host-name, media-type, machine-proof; token-created, token-revoked.',
    ),
  address: z.string().optional().describe('Where it was asked from; left out where it was too many.'),
  who: z
    .string()
    .optional()
    .describe('Who asked, where that is known; whose the token was that holds no more; which admin it was.'),
  method: z.string().optional(),
  path: z.string().optional().describe('Of the first one, without its query.'),
  what: z.string().optional(),
});
export type Refusal = z.output<typeof Refusal>;

/** `GET /api/v1/refusals`, newest first. */
export const RefusalList = z.object({ refusals: z.array(Refusal) });
export type RefusalList = z.output<typeof RefusalList>;
