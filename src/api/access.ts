import { z } from 'zod';
import { operatorRoles } from './role.js';

const role = z
  .enum(operatorRoles)
  .describe('viewer reads; operator commands machines, too; admin all; auditor reads, and who was refused.');

const instant = z.iso.datetime();

/** `POST /api/v1/tokens` */
export const NewToken = z.strictObject({
  name: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/,
      'is up to 64 letters, digits and ._@-, as in ada or ci-deploy',
    )
    .describe('Whom it stands for: the author of what is changed by it.'),
  role,
  expires: instant.optional().describe('From then on it is refused; without it never.'),
});
export type NewToken = z.input<typeof NewToken>;

export const Token = z.object({
  id: z.string(),
  name: z.string(),
  role,
  created: instant,
  expires: instant.optional(),
  lastUsed: instant.optional(),
});
export type Token = z.output<typeof Token>;

/** The only answer with the token itself: it is kept as a hash. */
export const TokenMade = Token.extend({
  token: z.string().describe('For `Authorization: Bearer`; shown this once.'),
});
export type TokenMade = z.output<typeof TokenMade>;

/** `GET /api/v1/tokens` */
export const TokenList = z.object({ tokens: z.array(Token) });

/** `GET /api/v1/whoami` */
export const WhoAmI = z.object({
  name: z.string().describe('As it stands in the history.'),
  role,
  by: z
    .enum(['socket', 'token', 'certificate', 'session', 'trusted'])
    .describe('What proved it; `trusted` where nothing has to.'),
  expires: instant.optional().describe('When the proof ends.'),
});
export type WhoAmI = z.output<typeof WhoAmI>;
